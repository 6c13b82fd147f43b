import type { Span } from './trace-tree.ts';

/** The findings among spans, of one rule where it is named. */
export function findingsOf(spans: Span[], rule?: string): Span[] {
  const wanted = rule === undefined ? 'finding ' : `finding ${rule}`;
  return spans.filter(({ name }) => (rule === undefined ? name.startsWith(wanted) : name === wanted));
}

export function severityOf({ attributes }: Span): string {
  return String(attributes['chaperone.finding.severity']);
}

/** What is above Low, a line each: empty on a good day. */
export function alarming(spans: Span[]): string[] {
  return findingsOf(spans)
    .filter((finding) => !['Info', 'Low'].includes(severityOf(finding)))
    .map((finding) => `${severityOf(finding)} ${finding.attributes['chaperone.finding.text']}`);
}
