import { around, pan, zoom } from '../model/time-window.ts';
import { Axis } from './axis.ts';
import { element } from './element.ts';
import type { TimeScale } from './time-scale.ts';
import type { Line } from './tree-row.ts';
import { mostPrinted, type TreeOptions, TreeView } from './tree-view.ts';

/** A tree under its time axis, with what zooms the time and opens the tree. */
export class TreePanel {
  readonly element: HTMLElement;
  readonly tree: TreeView;
  readonly #axis: Axis;
  readonly #scale: TimeScale;
  readonly #nodes: TreeOptions['nodes'];
  readonly #more = element('p', { class: 'print-only' });

  constructor(options: Omit<TreeOptions, 'onKey'>) {
    this.#scale = options.scale;
    this.#nodes = options.nodes;
    this.#axis = new Axis(options.scale);
    this.tree = new TreeView({ ...options, onKey: (event, line) => this.#onKey(event, line) });
    const head = element('div', { class: 'tree-head' }, this.#tools(), this.#axis.element);
    const box = element('div', { class: 'tree-box' }, this.#axis.lines, this.tree.element);
    this.element = element('div', { class: 'tree-panel' }, head, box, this.#more);
  }

  layout(): void {
    this.#axis.draw();
    this.tree.layout();
  }

  scrolled(): void {
    this.tree.layout();
  }

  print(isPrinting: boolean): void {
    const { shownLines } = this.tree;
    this.#more.textContent = shownLines > mostPrinted ? `The first ${mostPrinted} of ${shownLines} lines.` : '';
    this.tree.print(isPrinting);
    this.#axis.draw();
  }

  #tools(): HTMLElement {
    const tools = element('div', { class: 'tools', role: 'toolbar', 'aria-label': 'Timeline' });
    tools.append(
      button('+', 'Zoom in (+)', () => this.#zoom(0.5)),
      button('−', 'Zoom out (−)', () => this.#zoom(2)),
      button('◂', 'Earlier (Shift+Left)', () => this.#pan(-0.5)),
      button('▸', 'Later (Shift+Right)', () => this.#pan(0.5)),
      button('Whole job', 'Show the whole job (0)', () => this.#showWhole()),
      element('span', { class: 'gap' }),
      button('Open all', 'Open every line of the tree', () => this.tree.openAll()),
      button('Close all', 'Close every line below the jobs', () => this.tree.closeAll()),
    );
    return tools;
  }

  #onKey(event: KeyboardEvent, line: Line): void {
    const action = this.#keys(event, line);
    if (action === undefined) return;
    event.preventDefault();
    action();
  }

  #keys(event: KeyboardEvent, line: Line): (() => void) | undefined {
    const keys: Record<string, () => void> = {
      '+': () => this.#zoom(0.5),
      '-': () => this.#zoom(2),
      '0': () => this.#showWhole(),
      Z: () => this.#zoomTo(line),
    };
    if (!event.shiftKey) return keys[event.key];
    const shifted: typeof keys = { ...keys, ArrowLeft: () => this.#pan(-0.5), ArrowRight: () => this.#pan(0.5) };
    return shifted[event.key];
  }

  #zoom(factor: number): void {
    this.#scale.window = zoom(this.#scale.window, factor, this.#scale.whole);
  }

  #pan(share: number): void {
    this.#scale.window = pan(this.#scale.window, share, this.#scale.whole);
  }

  #showWhole(): void {
    this.#scale.window = { from: 0, to: this.#scale.whole };
  }

  #zoomTo({ node }: Line): void {
    const told = this.#nodes[node];
    if (told !== undefined) this.#scale.window = around(told.start, told.end, this.#scale.whole);
  }
}

function button(text: string, name: string, onclick: () => void): HTMLElement {
  const isSign = text.length === 1;
  return element('button', { type: 'button', title: name, onclick, ...(isSign ? { 'aria-label': name } : {}) }, text);
}
