import type { Fact, ReportNode } from './report-data.ts';

/** Every text of every node, to be searched in. */
export type SearchIndex = readonly string[];

export function searchIndex(nodes: readonly ReportNode[]): SearchIndex {
  return nodes.map(({ label, result, notes, facts, events }) =>
    [label, result, ...notes.map(({ text }) => text), ...texts(facts), ...events.flatMap(eventTexts)]
      .join('\n')
      .toLowerCase(),
  );
}

/** The nodes that hold every word of the query, in order; none for an empty query. */
export function search(index: SearchIndex, query: string): number[] {
  const words = query
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  if (words.length === 0) return [];
  return [...index.keys()].filter((node) => words.every((word) => index[node]?.includes(word)));
}

function eventTexts({ name, facts }: ReportNode['events'][number]): string[] {
  return [name, ...texts(facts)];
}

/** A list of words as the line that they make, so that `git fetch` is found. */
function texts(facts: readonly Fact[]): string[] {
  return facts.map(([, value]) => (typeof value === 'string' ? value : value.join(' ')));
}
