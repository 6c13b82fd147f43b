import type { Note, Tone } from '../../paint.ts';
import type { ReportNode } from '../model/report-data.ts';
import type { Position } from '../model/tree.ts';
import { element, jobText, sign, unseen } from './element.ts';
import { instant, span } from './format.ts';
import type { TimeScale } from './time-scale.ts';

/** What a line of a tree tells. */
export interface Line {
  /** The node, or the one that a remark stands below. */
  readonly node: number;
  readonly depth: number;
  readonly size: number;
  readonly label: string;
  /** What a remark means; `null` for a line that is its node's own. */
  readonly remark: Tone | null;
}

export interface RowState {
  readonly top: number;
  readonly isActive: boolean;
  readonly isChosen: boolean;
  readonly isClosed: boolean;
  readonly isMatch: boolean;
}

/** One drawn line of a tree. */
export class TreeRow {
  readonly element: HTMLElement;
  readonly #line: Line;
  readonly #node: ReportNode;
  readonly #bar = element('span', { class: 'bar' });

  constructor(line: Line, node: ReportNode, position: Position) {
    this.#line = line;
    this.#node = node;
    this.element = element(
      'div',
      {
        class: `row ${line.remark === null ? node.kind : 'remark'}${node.failed ? ' failed' : ''}${node.summary ? ' summary' : ''}`,
        role: 'treeitem',
        'aria-level': line.depth + 1,
        'aria-posinset': position.place,
        'aria-setsize': position.of,
      },
      nameCell(line, node),
      ...(line.remark !== null ? [] : [this.#track(), timeCell(node), notesCell(node.notes)]),
    );
  }

  update({ top, isActive, isChosen, isClosed, isMatch }: RowState): void {
    const row = this.element;
    row.style.top = `${top}px`;
    row.tabIndex = isActive ? 0 : -1;
    row.setAttribute('aria-selected', String(isChosen));
    if (this.#line.size > 0) row.setAttribute('aria-expanded', String(!isClosed));
    row.classList.toggle('match', isMatch);
  }

  /** Puts the bar where its time is. */
  place(scale: TimeScale): void {
    const [from, to] = [scale.place(this.#node.start), scale.place(this.#node.end)];
    const [left, right] = [Math.min(Math.max(from, 0), 1), Math.min(Math.max(to, 0), 1)];
    this.#bar.style.left = `${left * 100}%`;
    this.#bar.style.width = `${(right - left) * 100}%`;
    this.#bar.classList.toggle('before', to < 0);
    this.#bar.classList.toggle('after', from > 1);
  }

  #track(): HTMLElement {
    return element('span', { class: 'track', 'aria-hidden': 'true' }, this.#bar);
  }
}

/** Deeper lines stand no further to the right, so that their names keep some room. */
const deepestIndent = 14;

function nameCell(line: Line, node: ReportNode): HTMLElement {
  const cell = element(
    'span',
    { class: 'name', title: line.remark === null ? line.label : '' },
    sign('', line.size > 0 ? 'twist' : 'leaf'),
    ...(line.remark === null ? statusOf(node) : []),
    jobText(line.label, line.remark ?? ''),
  );
  cell.style.setProperty('--indent', String(Math.min(line.depth, deepestIndent)));
  return cell;
}

const signs: Readonly<Record<string, string>> = {
  success: '✔',
  failure: '✖',
  error: '✖',
  timeout: '✖',
  skip: '○',
  cancellation: '○',
};

function statusOf({ kind, result }: ReportNode): HTMLElement[] {
  if (kind !== 'job' && kind !== 'step') return [];
  const known = signs[result];
  return known === undefined ? [] : [sign(known, `status ${result}`), unseen(`${result}, `)];
}

function timeCell({ start, end }: ReportNode): HTMLElement {
  if (start === end) return element('span', { class: 'time' }, unseen(`at ${instant(start)}`));
  return element('span', { class: 'time' }, unseen(`at ${instant(start)}, took `), span(end - start));
}

function notesCell(notes: readonly Note[]): HTMLElement {
  const parts = notes.map(({ tone, text }) => jobText(text, `note ${tone}`));
  return element('span', { class: 'notes', title: notes.map(({ text }) => text).join('  ') }, ...parts);
}
