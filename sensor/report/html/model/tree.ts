/** A tree as a list in its own order: each item says how deep it stands and how many of those that follow lie below it. */
export interface TreeItem {
  readonly depth: number;
  readonly size: number;
}

/** Where an item stands among its siblings, from 1. */
export interface Position {
  readonly place: number;
  readonly of: number;
}

/** The items that show while those below the closed ones are hidden, as their places in the list. */
export function shownItems(items: readonly TreeItem[], closed: ReadonlySet<number>): number[] {
  const shown: number[] = [];
  for (let index = 0; index < items.length; ) {
    shown.push(index);
    index += closed.has(index) ? 1 + (items[index]?.size ?? 0) : 1;
  }
  return shown;
}

/** The parent of each item; -1 for those at the top. */
export function parentsOf(items: readonly Pick<TreeItem, 'depth'>[]): number[] {
  const latest: number[] = [];
  return items.map(({ depth }, index) => {
    latest[depth] = index;
    return depth === 0 ? -1 : (latest[depth - 1] ?? -1);
  });
}

export function positionsOf(parents: readonly number[]): Position[] {
  const children = new Map<number, number>();
  const places = parents.map((parent) => {
    const place = (children.get(parent) ?? 0) + 1;
    children.set(parent, place);
    return place;
  });
  return parents.map((parent, index) => ({ place: places[index] ?? 1, of: children.get(parent) ?? 1 }));
}

/** The items above this one, the nearest first. */
export function ancestorsOf(parents: readonly number[], index: number): number[] {
  const ancestors: number[] = [];
  for (let at = parents[index] ?? -1; at >= 0; at = parents[at] ?? -1) ancestors.push(at);
  return ancestors;
}

/** How many items lie below each, from their parents. */
export function sizesOf(parents: readonly number[]): number[] {
  const sizes = parents.map(() => 0);
  for (let index = parents.length - 1; index > 0; index -= 1) {
    const parent = parents[index] ?? -1;
    if (parent >= 0) sizes[parent] = (sizes[parent] ?? 0) + 1 + (sizes[index] ?? 0);
  }
  return sizes;
}
