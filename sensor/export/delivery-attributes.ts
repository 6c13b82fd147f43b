import { findingsCoveragePrefix } from '../../crds/attributes.ts';
import type { Attributes } from '../spans/finished-span.ts';
import type { ExportAccount } from './account.ts';

/** What is known of the delivery of spans when a job's span is made, as attributes of it; it cannot tell of its own. */
export interface DeliveryWord {
  readonly attributes: Attributes;
  /** Spans that will not arrive. */
  readonly lost: number;
}

/** `findings`: those that people were to be told; their spans are among the others. */
export function deliveryWord({ sent, queued, dropped, damaged }: ExportAccount, findings: ExportAccount): DeliveryWord {
  const attributes: Attributes = {
    'chaperone.coverage.spans.delivered': sent,
    'chaperone.coverage.spans.waiting': queued,
  };
  const happened = { ...prefixed('dropped', dropped.byClass), ...prefixed('cause', { ...dropped.byReason, damaged }) };
  for (const [name, count] of Object.entries(happened))
    if (count > 0) attributes[`chaperone.coverage.spans.${name}`] = count;
  Object.assign(attributes, findingsWord(findings));
  return { attributes, lost: dropped.total + damaged };
}

function findingsWord({ added, sent, queued, dropped, damaged }: ExportAccount): Attributes {
  if (added + damaged === 0) return {};
  const happened = { ...prefixed('cause', { ...dropped.byReason, damaged }), waiting: queued, dropped: dropped.total };
  const some = Object.entries({ delivered: sent, ...happened }).filter(([, count]) => count > 0);
  return Object.fromEntries(some.map(([name, count]) => [`${findingsCoveragePrefix}${name}`, count]));
}

function prefixed(prefix: string, counts: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).map(([name, count]) => [`${prefix}.${name}`, count]));
}
