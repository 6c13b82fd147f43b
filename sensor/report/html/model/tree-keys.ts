import type { TreeItem } from './tree.ts';

/** What a tree looks like when a key is pressed. Items are told by their places in the list. */
export interface TreeState {
  readonly items: readonly (TreeItem & { readonly label: string })[];
  readonly parents: readonly number[];
  readonly shown: readonly number[];
  readonly closed: ReadonlySet<number>;
  readonly active: number;
  /** Lines that a page has. */
  readonly page: number;
}

export type TreeAction =
  | { readonly kind: 'focus'; readonly item: number }
  | { readonly kind: 'choose'; readonly item: number }
  | { readonly kind: 'open' | 'close'; readonly items: readonly number[] };

/** What a key does in a tree, by the WAI-ARIA tree view pattern; `null` for one that does nothing here. */
export function actionFor(key: string, state: TreeState): TreeAction | null {
  const move = moves[key];
  if (move !== undefined) return focusLine(move(state.shown.indexOf(state.active), state), state);
  switch (key) {
    case 'ArrowRight':
      return goIn(state);
    case 'ArrowLeft':
      return goOut(state);
    case 'Enter':
    case ' ':
      return { kind: 'choose', item: state.active };
    case '*':
      return { kind: 'open', items: siblingsOf(state) };
    default:
      return key.length === 1 ? focusByLetter(key, state) : null;
  }
}

const moves: Readonly<Record<string, (line: number, state: TreeState) => number>> = {
  ArrowDown: (line) => line + 1,
  ArrowUp: (line) => line - 1,
  PageDown: (line, { page, shown }) => Math.min(line + page, shown.length - 1),
  PageUp: (line, { page }) => Math.max(line - page, 0),
  Home: () => 0,
  End: (_, { shown }) => shown.length - 1,
};

function focusLine(line: number, { shown }: TreeState): TreeAction | null {
  const item = shown[line];
  return item === undefined ? null : { kind: 'focus', item };
}

function goIn({ items, closed, active }: TreeState): TreeAction | null {
  if ((items[active]?.size ?? 0) === 0) return null;
  return closed.has(active) ? { kind: 'open', items: [active] } : { kind: 'focus', item: active + 1 };
}

function goOut({ items, parents, closed, active }: TreeState): TreeAction | null {
  if ((items[active]?.size ?? 0) > 0 && !closed.has(active)) return { kind: 'close', items: [active] };
  const parent = parents[active] ?? -1;
  return parent < 0 ? null : { kind: 'focus', item: parent };
}

function siblingsOf({ items, parents, active }: TreeState): number[] {
  return [...items.keys()].filter((item) => parents[item] === parents[active] && (items[item]?.size ?? 0) > 0);
}

/** The next line that begins with the letter, from the top again after the last. */
function focusByLetter(letter: string, { items, shown, active }: TreeState): TreeAction | null {
  const line = shown.indexOf(active);
  const wanted = letter.toLowerCase();
  const item = [...shown.slice(line + 1), ...shown.slice(0, line)].find((each) =>
    items[each]?.label.toLowerCase().startsWith(wanted),
  );
  return item === undefined ? null : { kind: 'focus', item };
}
