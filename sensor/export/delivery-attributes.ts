import type { Attributes } from '../spans/finished-span.ts';
import type { ExportAccount } from './account.ts';

/** What is known of the delivery of spans when a job's span is made, as attributes of it; it cannot tell of its own. */
export interface DeliveryWord {
  readonly attributes: Attributes;
  /** Spans that will not arrive. */
  readonly lost: number;
}

export function deliveryWord({ sent, queued, dropped, damaged }: ExportAccount): DeliveryWord {
  const attributes: Attributes = {
    'chaperone.coverage.spans.delivered': sent,
    'chaperone.coverage.spans.waiting': queued,
  };
  const happened = { ...prefixed('dropped', dropped.byClass), ...prefixed('cause', { ...dropped.byReason, damaged }) };
  for (const [name, count] of Object.entries(happened))
    if (count > 0) attributes[`chaperone.coverage.spans.${name}`] = count;
  return { attributes, lost: dropped.total + damaged };
}

function prefixed(prefix: string, counts: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).map(([name, count]) => [`${prefix}.${name}`, count]));
}
