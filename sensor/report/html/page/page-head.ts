import type { ReportData } from '../model/report-data.ts';
import { element, jobText } from './element.ts';
import { span } from './format.ts';

/** What job this is, how it ended and whether all of it was seen. */
export function pageHead(data: ReportData): HTMLElement {
  const counts = data.counts.map(({ tone, text }) => element('li', { class: tone }, text));
  const coverage = data.coverage.map(({ tone, text }) => element('li', { class: `verdict ${tone}` }, jobText(text)));
  return element(
    'header',
    { class: 'page-head' },
    element(
      'div',
      { class: 'title' },
      element('h1', {}, jobText(data.title)),
      element('p', { class: `result ${data.result.tone}` }, data.result.text),
    ),
    element('ul', { class: 'figures' }, element('li', {}, span(data.duration)), ...counts, ...coverage),
    element('ul', { class: 'origin' }, ...originOf(data).map((text) => element('li', {}, jobText(text)))),
  );
}

const originNames = ['vcs.repository.name', 'service.name', 'k8s.pod.name', 'cicd.worker.name'];

/** When and where: the first of each kind that the resource says. */
function originOf({ start, traceId, resource }: ReportData): string[] {
  const known = new Map(resource.map(([name, value]) => [name, String(value)]));
  const [repository, service, pod, worker] = originNames.map((name) => known.get(name));
  const place = [repository ?? service, pod ?? worker].filter((text) => text !== undefined && text !== '') as string[];
  return [`started ${start.replace('T', ' ').replace(/\.\d+Z$/, ' UTC')}`, ...place, `trace ${traceId}`];
}

/** Goes between the light and the dark look; which one comes first is the reader's own setting. */
export function themeButton(): HTMLElement {
  const root = document.documentElement;
  const isDark = () =>
    root.style.colorScheme === ''
      ? matchMedia('(prefers-color-scheme: dark)').matches
      : root.style.colorScheme === 'dark';
  const button = element('button', { type: 'button', class: 'theme' }, 'Dark');
  const tell = () => button.setAttribute('aria-pressed', String(isDark()));
  button.addEventListener('click', () => {
    root.style.colorScheme = isDark() ? 'light' : 'dark';
    tell();
  });
  tell();
  return button;
}
