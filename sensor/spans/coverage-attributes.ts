import type { CoverageReport } from '../lineage/coverage.ts';
import type { Attributes } from './finished-span.ts';

const parts = ['gaps', 'unaccounted', 'shed', 'unfollowed', 'left', 'unattributed', 'outside', 'restarts'] as const;

/** The account of events as attributes of the job's span. */
export function coverageAttributes(report: CoverageReport): Attributes {
  const attributes: Attributes = { 'chaperone.coverage.complete': report.complete };
  for (const side of ['produced', 'delivered', 'lost'] as const) {
    for (const [kind, count] of Object.entries(report[side])) attributes[`chaperone.coverage.${side}.${kind}`] = count;
  }
  for (const part of parts) {
    attributes[`chaperone.coverage.${part}`] = report[part];
  }
  return attributes;
}
