import { lineWindow } from '../model/line-window.ts';
import type { ReportNode } from '../model/report-data.ts';
import { ancestorsOf, type Position, parentsOf, positionsOf, shownItems } from '../model/tree.ts';
import { actionFor, type TreeAction } from '../model/tree-keys.ts';
import { element } from './element.ts';
import type { TimeScale } from './time-scale.ts';
import { type Line, TreeRow } from './tree-row.ts';

export interface TreeOptions {
  readonly label: string;
  readonly lines: readonly Line[];
  readonly nodes: readonly ReportNode[];
  readonly scale: TimeScale;
  /** Lines that are closed at first. */
  readonly closed: readonly number[];
  /** A line was chosen, by a click or Enter, or by moving on while one is chosen. */
  readonly onChoose: (line: Line) => void;
  /** A key that the tree itself has no use for. */
  readonly onKey: (event: KeyboardEvent, line: Line) => void;
}

/** On paper there is no scrolling: as many lines as this are printed. */
export const mostPrinted = 400;

/** A tree of lines with bars, of which only those in sight are drawn. Scrolls with the page. */
export class TreeView {
  readonly element: HTMLElement;
  readonly #options: TreeOptions;
  readonly #parents: readonly number[];
  readonly #positions: readonly Position[];
  readonly #closed: Set<number>;
  readonly #rows = new Map<number, TreeRow>();
  #shown: readonly number[] = [];
  #matches: ReadonlySet<number> = new Set();
  #active = 0;
  #chosen = -1;
  #isPrinting = false;

  constructor(options: TreeOptions) {
    this.#options = options;
    this.#parents = parentsOf(options.lines);
    this.#positions = positionsOf(this.#parents);
    this.#closed = new Set(options.closed);
    this.#shown = shownItems(options.lines, this.#closed);
    this.element = element('div', { class: 'tree', role: 'tree', 'aria-label': options.label });
    this.element.addEventListener('click', (event) => this.#onClick(event));
    this.element.addEventListener('keydown', (event) => this.#onKey(event));
    options.scale.onChange(() => this.#placeBars());
  }

  get shownLines(): number {
    return this.#shown.length;
  }

  get lines(): readonly Line[] {
    return this.#options.lines;
  }

  /** Draws the lines that are in sight now. */
  layout(): void {
    const height = this.#lineHeight();
    this.element.style.height = `${this.#drawable() * height}px`;
    const drawn = this.#linesInSight(height);
    for (const [item, row] of this.#rows) if (!drawn.has(item)) this.#drop(item, row);
    let next = this.element.firstChild;
    for (const [item, index] of drawn) {
      const row = this.#rows.get(item) ?? this.#make(item);
      this.#update(item, row, index * height);
      // Rows that are there stay where they are: moving one would take the focus from it.
      if (row.element === next) next = next.nextSibling;
      else this.element.insertBefore(row.element, next);
    }
  }

  openAll(): void {
    this.#change(() => this.#closed.clear());
  }

  /** Leaves the jobs open: their steps are what one wants to see then. */
  closeAll(): void {
    this.#change(() => {
      for (const [item, { size, depth }] of this.lines.entries()) if (size > 0 && depth > 0) this.#closed.add(item);
    });
  }

  /** Opens what hides the line, chooses it and brings it into sight; the focus stays where it is. */
  reveal(item: number): void {
    this.#fold('open', ancestorsOf(this.#parents, item));
    this.#active = item;
    this.#chosen = item;
    this.#change(() => {});
    this.#rows.get(item)?.element.scrollIntoView({ block: 'center' });
    this.layout();
  }

  unchoose(): void {
    this.#chosen = -1;
    this.layout();
  }

  focus(): void {
    this.layout();
    this.#rows.get(this.#active)?.element.focus({ preventScroll: true });
    this.#rows.get(this.#active)?.element.scrollIntoView({ block: 'nearest' });
  }

  /** Marks the lines of these nodes. */
  mark(nodes: ReadonlySet<number>): void {
    this.#matches = nodes;
    this.layout();
  }

  print(isPrinting: boolean): void {
    this.#isPrinting = isPrinting;
    this.layout();
  }

  #drawable(): number {
    return this.#isPrinting ? Math.min(this.#shown.length, mostPrinted) : this.#shown.length;
  }

  #lineHeight(): number {
    return Number.parseFloat(getComputedStyle(this.element).getPropertyValue('--line')) || 28;
  }

  /** The lines to draw with their places, in order: those in sight, and the one that Tab leads to. */
  #linesInSight(line: number): Map<number, number> {
    const top = -this.element.getBoundingClientRect().top;
    const sight = lineWindow({ top, screen: window.innerHeight, line }, this.#shown.length);
    const { first, last } = this.#isPrinting ? { first: 0, last: this.#drawable() } : sight;
    const active = this.#shown.indexOf(this.#active);
    const inSight = Array.from({ length: last - first }, (_, index) => first + index);
    const places = active >= first && active < last ? inSight : [...inSight, active].sort((a, b) => a - b);
    return new Map(places.flatMap((place) => (this.#shown[place] === undefined ? [] : [[this.#shown[place], place]])));
  }

  #make(item: number): TreeRow {
    const line = this.lines[item] as Line;
    const row = new TreeRow(line, this.#options.nodes[line.node] as ReportNode, this.#positions[item] as Position);
    row.element.dataset.item = String(item);
    row.place(this.#options.scale);
    this.#rows.set(item, row);
    return row;
  }

  #drop(item: number, row: TreeRow): void {
    row.element.remove();
    this.#rows.delete(item);
  }

  #update(item: number, row: TreeRow, top: number): void {
    const line = this.lines[item];
    row.update({
      top,
      isActive: item === this.#active,
      isChosen: item === this.#chosen,
      isClosed: this.#closed.has(item),
      isMatch: line !== undefined && line.remark === null && this.#matches.has(line.node),
    });
  }

  #placeBars(): void {
    for (const row of this.#rows.values()) row.place(this.#options.scale);
  }

  /** Changes what is open; a line that this hides gives the focus to the nearest one above that shows. */
  #change(change: () => void): void {
    change();
    this.#shown = shownItems(this.lines, this.#closed);
    const hiding = ancestorsOf(this.#parents, this.#active).findLast((ancestor) => this.#closed.has(ancestor));
    const hadFocus = this.element.contains(document.activeElement);
    if (hiding !== undefined) this.#active = hiding;
    if (hadFocus && hiding !== undefined) this.focus();
    else this.layout();
  }

  #onClick(event: MouseEvent): void {
    const target = event.target as Element;
    const item = Number(target.closest<HTMLElement>('.row')?.dataset.item ?? -1);
    if (item < 0) return;
    this.#active = item;
    if (target.closest('.twist')) this.#act({ kind: this.#closed.has(item) ? 'open' : 'close', items: [item] });
    else this.#act({ kind: 'choose', item });
    this.focus();
  }

  #onKey(event: KeyboardEvent): void {
    const line = this.lines[this.#active];
    if (line === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    this.#options.onKey(event, line);
    if (event.defaultPrevented) return;
    const page = Math.max(1, Math.floor(window.innerHeight / this.#lineHeight()) - 6);
    const state = { items: this.lines, parents: this.#parents, shown: this.#shown, closed: this.#closed, page };
    const action = actionFor(event.key, { ...state, active: this.#active });
    if (action === null) return;
    event.preventDefault();
    this.#act(action);
  }

  #act(action: TreeAction): void {
    if (action.kind === 'choose') this.#choose(action.item);
    else if (action.kind === 'focus') this.#moveTo(action.item);
    else this.#change(() => this.#fold(action.kind, action.items));
  }

  #fold(kind: 'open' | 'close', items: readonly number[]): void {
    for (const item of items) {
      if (kind === 'open') this.#closed.delete(item);
      else this.#closed.add(item);
    }
  }

  #moveTo(item: number): void {
    this.#active = item;
    if (this.#chosen >= 0) this.#choose(item);
    this.focus();
  }

  #choose(item: number): void {
    const line = this.lines[item];
    if (line === undefined) return;
    this.#chosen = line.remark !== null ? -1 : item;
    this.layout();
    this.#options.onChoose(line);
  }
}
