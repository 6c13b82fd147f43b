import type { ReportData } from '../model/report-data.ts';
import { element } from './element.ts';
import { ReportPage } from './report-page.ts';

/** Draws the traces that stand in the document. Marks `chaperone:interactive` once the first can be used. */
function main(): void {
  const traces = JSON.parse(document.getElementById('traces')?.textContent ?? '[]') as ReportData[];
  const place = element('div');
  document.body.append(...chooser(traces, (trace) => show(trace, place)), place);
  const [first] = traces;
  if (first !== undefined) show(first, place);
  requestAnimationFrame(() => setTimeout(() => performance.mark('chaperone:interactive')));
}

let shown = new AbortController();

function show(trace: ReportData, place: HTMLElement): void {
  shown.abort();
  shown = new AbortController();
  document.title = `${trace.title} – Chaperone report`;
  const page = new ReportPage(trace, shown.signal);
  place.replaceChildren(page.element);
  page.begin();
}

/** Chooses among several traces. */
function chooser(traces: readonly ReportData[], onChoose: (trace: ReportData) => void): HTMLElement[] {
  if (traces.length < 2) return [];
  const options = traces.map(({ title, start }, index) => element('option', { value: index }, `${title} · ${start}`));
  const select = element('select', { id: 'trace' }, ...options);
  select.addEventListener('change', () => {
    const trace = traces[Number(select.value)];
    if (trace !== undefined) onChoose(trace);
  });
  return [
    element('nav', { class: 'traces', 'aria-label': 'Traces' }, element('label', { for: 'trace' }, 'Trace '), select),
  ];
}

main();
