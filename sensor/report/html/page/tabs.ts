import { element } from './element.ts';

export interface Section {
  readonly id: string;
  readonly title: string;
  /** Shown beside the title; `null` where there is nothing to count. */
  readonly count: string | null;
  readonly content: HTMLElement;
  /** Called when the section comes into sight. */
  readonly onShow?: () => void;
}

/** Sections of which one is shown at a time, by the WAI-ARIA tabs pattern. On paper they follow each other. */
export class Tabs {
  readonly list = element('div', { class: 'tabs', role: 'tablist', 'aria-label': 'Sections' });
  readonly panels: HTMLElement[];
  readonly #sections: readonly Section[];
  readonly #tabs: HTMLElement[];
  #current = '';

  constructor(sections: readonly Section[]) {
    this.#sections = sections;
    this.#tabs = sections.map((section) => this.#tab(section));
    this.list.append(...this.#tabs);
    this.list.addEventListener('keydown', (event) => this.#onKey(event));
    this.panels = sections.map(panelOf);
  }

  get current(): string {
    return this.#current;
  }

  show(id: string): void {
    this.#current = id;
    for (const [index, section] of this.#sections.entries()) {
      const isCurrent = section.id === id;
      this.#tabs[index]?.setAttribute('aria-selected', String(isCurrent));
      this.#tabs[index]?.setAttribute('tabindex', isCurrent ? '0' : '-1');
      this.panels[index]?.toggleAttribute('hidden', !isCurrent);
      if (isCurrent) section.onShow?.();
    }
  }

  #tab({ id, title, count }: Section): HTMLElement {
    return element(
      'button',
      { type: 'button', role: 'tab', id: `tab-${id}`, 'aria-controls': `panel-${id}`, onclick: () => this.show(id) },
      title,
      count === null ? null : element('span', { class: 'count' }, count),
    );
  }

  #onKey(event: KeyboardEvent): void {
    const at = this.#sections.findIndex(({ id }) => id === this.#current);
    const last = this.#sections.length - 1;
    const next = { ArrowRight: at === last ? 0 : at + 1, ArrowLeft: at === 0 ? last : at - 1, Home: 0, End: last }[
      event.key
    ];
    const section = next === undefined ? undefined : this.#sections[next];
    if (section === undefined || next === undefined) return;
    event.preventDefault();
    this.show(section.id);
    this.#tabs[next]?.focus();
  }
}

function panelOf({ id, title, content }: Section): HTMLElement {
  return element(
    'section',
    { role: 'tabpanel', id: `panel-${id}`, 'aria-labelledby': `tab-${id}`, hidden: true },
    element('h2', { class: 'print-only' }, title),
    content,
  );
}
