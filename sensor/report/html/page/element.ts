/** What an element is made with: attributes by name (`false` leaves one out, `true` makes it empty), listeners by `on` and the event's name. */
export type Props = Readonly<Record<string, string | number | boolean | ((event: Event) => void)>>;
export type Child = Node | string | null;

/** Makes an element. Texts become text nodes and nothing else, whatever they hold. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  props: Props = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) setProp(made, name, value);
  made.append(...children.filter((child) => child !== null));
  return made;
}

function setProp(made: HTMLElement, name: string, value: Props[string] | undefined): void {
  if (typeof value === 'function') made.addEventListener(name.slice(2), value);
  else if (value !== undefined && value !== false) made.setAttribute(name, value === true ? '' : String(value));
}

/** Text that only a screen reader tells. */
export function unseen(text: string): HTMLElement {
  return element('span', { class: 'unseen' }, text);
}

/** Text of a job: what it holds of right-to-left script does not reach its surroundings. */
export function jobText(text: string, classes = ''): HTMLElement {
  return element('bdi', { class: `job-text ${classes}`.trim() }, text);
}

/** A sign that only repeats in shape what the text beside it says. */
export function sign(text: string, classes = ''): HTMLElement {
  return element('span', { class: `sign ${classes}`.trim(), 'aria-hidden': 'true' }, text);
}
