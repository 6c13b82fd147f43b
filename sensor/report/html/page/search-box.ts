import { counted, grouped } from '../../units.ts';
import type { ReportNode } from '../model/report-data.ts';
import { type SearchIndex, search, searchIndex } from '../model/search.ts';
import { element } from './element.ts';

export interface SearchOptions {
  readonly nodes: readonly ReportNode[];
  /** The nodes found, whenever they change. */
  readonly onFind: (nodes: readonly number[]) => void;
  readonly onGo: (node: number) => void;
  /** Down from the field: to the line that was gone to. */
  readonly onLeave: () => void;
}

/** Searches every text of every span: names, arguments, hosts, paths. Enter goes to the next result, Shift+Enter to the one before. */
export class SearchBox {
  readonly element: HTMLElement;
  readonly #options: SearchOptions;
  readonly #input: HTMLInputElement;
  readonly #status = element('span', { class: 'found', role: 'status', 'aria-live': 'polite' });
  #index: SearchIndex | null = null;
  #found: readonly number[] = [];
  #at = -1;

  constructor(options: SearchOptions) {
    this.#options = options;
    this.#input = element('input', {
      type: 'search',
      id: 'search',
      placeholder: 'Search names, hosts, paths…',
      'aria-label': 'Search names, arguments, hosts and paths',
      autocomplete: 'off',
      spellcheck: 'false',
    });
    this.#input.addEventListener('input', () => this.#find());
    this.#input.addEventListener('keydown', (event) => this.#onKey(event));
    this.element = element(
      'div',
      { class: 'search', role: 'search' },
      this.#input,
      element(
        'button',
        {
          type: 'button',
          'aria-label': 'Previous result',
          title: 'Previous result (Shift+Enter)',
          onclick: () => this.#go(-1),
        },
        '↑',
      ),
      element(
        'button',
        { type: 'button', 'aria-label': 'Next result', title: 'Next result (Enter)', onclick: () => this.#go(1) },
        '↓',
      ),
      this.#status,
    );
  }

  #find(): void {
    this.#index ??= searchIndex(this.#options.nodes);
    this.#found = search(this.#index, this.#input.value);
    this.#at = -1;
    this.#say(
      this.#input.value.trim() === ''
        ? ''
        : this.#found.length === 0
          ? 'no results'
          : counted(this.#found.length, 'result'),
    );
    this.#options.onFind(this.#found);
  }

  #go(step: 1 | -1): void {
    const count = this.#found.length;
    if (count === 0) return;
    this.#at = this.#at < 0 ? (step > 0 ? 0 : count - 1) : (this.#at + step + count) % count;
    const node = this.#found[this.#at] ?? 0;
    this.#say(`${grouped(this.#at + 1)} of ${grouped(count)}`, this.#options.nodes[node]?.label);
    this.#options.onGo(node);
  }

  /** Shows the first text, and tells a screen reader the second as well. */
  #say(text: string, told = ''): void {
    this.#status.replaceChildren(text, ...(told === '' ? [] : [element('span', { class: 'unseen' }, `: ${told}`)]));
  }

  #onKey(event: KeyboardEvent): void {
    if (event.key === 'Enter') this.#go(event.shiftKey ? -1 : 1);
    else if (event.key === 'ArrowDown' && this.#at >= 0) this.#options.onLeave();
    else return;
    event.preventDefault();
  }
}
