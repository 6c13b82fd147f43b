import { grouped } from '../../units.ts';
import { type Child, element } from './element.ts';

export interface Column {
  readonly title: string;
  /** Numbers stand right under each other. */
  readonly isNumber?: boolean;
}

/** A table; the first cell of a row names it. */
export function table(caption: string, columns: readonly Column[], rows: readonly (readonly Child[])[]): HTMLElement {
  const head = columns.map(({ title, isNumber }) =>
    element('th', { scope: 'col', class: isNumber ? 'number' : '' }, title),
  );
  const body = rows.map((cells) =>
    element('tr', {}, ...cells.map((cell, index) => tableCell(cell, index, columns[index]?.isNumber ?? false))),
  );
  const made = element(
    'table',
    {},
    element('caption', {}, caption),
    element('thead', {}, element('tr', {}, ...head)),
    element('tbody', {}, ...body),
  );
  return element('div', { class: 'table-box', tabindex: 0, role: 'region', 'aria-label': caption }, made);
}

function tableCell(cell: Child, index: number, isNumber: boolean): HTMLElement {
  if (index === 0) return element('th', { scope: 'row' }, cell);
  return element('td', { class: isNumber ? 'number' : '' }, cell);
}

/** Entries that are listed at once when somebody opens them. */
const mostListed = 200;

/** A list that is made only when it is opened: `label`, below it one line an entry. */
export function opening<Entry>(label: Child, entries: readonly Entry[], show: (entry: Entry) => Child): HTMLElement {
  const list = element('ul', { class: 'entries' });
  const details = element('details', {}, element('summary', {}, label), list);
  details.addEventListener('toggle', () => {
    if (!details.open || list.childElementCount > 0) return;
    list.append(...entries.slice(0, mostListed).map((entry) => element('li', {}, show(entry))));
    const left = entries.length - mostListed;
    if (left > 0) list.append(element('li', { class: 'quiet' }, `and ${grouped(left)} more; search for them above`));
  });
  return details;
}
