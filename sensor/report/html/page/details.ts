import type { Fact, ReportData, ReportNode } from '../model/report-data.ts';
import { ancestorsOf } from '../model/tree.ts';
import { element, jobText } from './element.ts';
import { instant, span } from './format.ts';

export interface DetailsOptions {
  readonly data: ReportData;
  readonly parents: readonly number[];
  readonly onClose: () => void;
  readonly onZoom: (node: number) => void;
  readonly onGo: (node: number) => void;
}

/** Everything that is known of one span, beside the tree. */
export class Details {
  readonly element = element('aside', { class: 'details', 'aria-label': 'Details', hidden: true });
  readonly #options: DetailsOptions;

  constructor(options: DetailsOptions) {
    this.#options = options;
    this.element.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') this.#close();
    });
  }

  /** `isInTree` where the span already stands chosen among the processes. */
  show(place: number, isInTree: boolean): void {
    const node = this.#options.data.nodes[place];
    if (node === undefined) return;
    const facts = node.kind === 'job' ? [...node.facts, ...this.#options.data.resource] : node.facts;
    this.element.replaceChildren(
      this.#head(node),
      ...tellingOf(node),
      this.#path(place),
      timing(node),
      this.#buttons(place, isInTree),
      ...factList(facts),
      ...eventList(node),
    );
    this.element.hidden = false;
    this.element.scrollTop = 0;
  }

  hide(): void {
    this.element.hidden = true;
  }

  #close(): void {
    this.hide();
    this.#options.onClose();
  }

  #head({ kind, label, telling }: ReportNode): HTMLElement {
    return element(
      'header',
      {},
      element('p', { class: 'kind' }, telling.length > 0 ? 'finding' : kindWords[kind]),
      element('h2', {}, jobText(label)),
      element(
        'button',
        { type: 'button', class: 'close', 'aria-label': 'Close the details', onclick: () => this.#close() },
        '×',
      ),
    );
  }

  /** What the span stands below, from the job down. */
  #path(place: number): HTMLElement {
    const above = ancestorsOf(this.#options.parents, place).reverse();
    const links = above.map((ancestor) => {
      const label = this.#options.data.nodes[ancestor]?.label ?? '';
      return element(
        'li',
        {},
        element(
          'button',
          { type: 'button', class: 'link', onclick: () => this.#options.onGo(ancestor) },
          jobText(label),
        ),
      );
    });
    return element('ol', { class: 'path', 'aria-label': 'Stands below' }, ...links);
  }

  #buttons(place: number, isInTree: boolean): HTMLElement {
    return element(
      'p',
      { class: 'actions' },
      element('button', { type: 'button', onclick: () => this.#options.onZoom(place) }, 'Zoom to it'),
      isInTree
        ? null
        : element('button', { type: 'button', onclick: () => this.#options.onGo(place) }, 'Show among the processes'),
    );
  }
}

const kindWords = {
  job: 'job',
  step: 'step',
  process: 'process',
  connection: 'connection',
  accept: 'accepted connection',
  dns: 'DNS lookup',
  other: 'span',
} as const;

/** What a finding says, a paragraph for each of its sentences; of anything else the remarks beside its line, which has not always room for them. */
function tellingOf({ telling, notes }: ReportNode): HTMLElement[] {
  if (telling.length > 0) return telling.map((text) => element('p', { class: 'telling' }, jobText(text)));
  if (notes.length === 0) return [];
  const remarks = notes.map(({ tone, text }) => element('li', {}, jobText(text, `note ${tone}`)));
  return [element('ul', { class: 'telling', 'aria-label': 'Remarks' }, ...remarks)];
}

function timing({ start, end }: ReportNode): HTMLElement {
  return element('p', { class: 'timing' }, `${span(end - start)}, from ${instant(start)} to ${instant(end)}`);
}

function factList(facts: readonly Fact[]): HTMLElement[] {
  if (facts.length === 0) return [];
  const entries = facts.flatMap(([name, value]) => [
    element('dt', {}, jobText(name)),
    element('dd', {}, ...(typeof value === 'string' ? [jobText(value)] : [wordList(value)])),
  ]);
  return [element('h3', {}, 'Attributes'), element('dl', { class: 'facts' }, ...entries)];
}

function wordList(words: readonly string[]): HTMLElement {
  return element('ol', { class: 'words', start: 0 }, ...words.map((word) => element('li', {}, jobText(word))));
}

function eventList({ events }: ReportNode): HTMLElement[] {
  if (events.length === 0) return [];
  const entries = events.map(({ name, at, facts }) =>
    element(
      'li',
      {},
      element('p', {}, jobText(name), ' ', element('span', { class: 'quiet' }, instant(at))),
      ...factList(facts).slice(1),
    ),
  );
  return [element('h3', {}, `Events (${events.length})`), element('ul', { class: 'events' }, ...entries)];
}
