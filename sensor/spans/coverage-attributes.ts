import type { CoverageReport } from '../lineage/coverage.ts';
import type { Attributes } from './finished-span.ts';

const parts = ['gaps', 'unaccounted', 'shed', 'unfollowed', 'left', 'unattributed', 'outside', 'restarts'] as const;
/** Said only when it happened. */
const rareParts = ['undecoded', 'interruptions', 'unanswered', 'detached'] as const;

/** The account of events as attributes of the job's span: what was produced, delivered and lost by kind, and the losses by cause. */
export function coverageAttributes(report: CoverageReport): Attributes {
  const attributes: Attributes = { 'chaperone.coverage.complete': report.complete };
  for (const side of ['produced', 'delivered', 'lost'] as const) {
    for (const [kind, count] of Object.entries(report[side])) attributes[`chaperone.coverage.${side}.${kind}`] = count;
  }
  for (const part of parts) attributes[`chaperone.coverage.${part}`] = report[part];
  for (const part of rareParts) if (report[part] > 0) attributes[`chaperone.coverage.${part}`] = report[part];
  for (const [cause, count] of Object.entries(report.causes))
    if (count > 0) attributes[`chaperone.coverage.cause.${cause}`] = count;
  return attributes;
}
