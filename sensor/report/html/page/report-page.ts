import { grouped } from '../../units.ts';
import type { ReportData } from '../model/report-data.ts';
import { around } from '../model/time-window.ts';
import { parentsOf, sizesOf } from '../model/tree.ts';
import { agentsSection } from './agents-section.ts';
import { Details } from './details.ts';
import { element } from './element.ts';
import { pageHead, themeButton } from './page-head.ts';
import { SearchBox } from './search-box.ts';
import {
  activitySection,
  coverageSection,
  filesSection,
  findingsSection,
  type Links,
  networkSection,
} from './sections.ts';
import { type Section, Tabs } from './tabs.ts';
import { TimeScale } from './time-scale.ts';
import { TreePanel } from './tree-panel.ts';
import type { Line } from './tree-row.ts';

/** More lines than this are not all open at first. */
const openAtFirst = 250;

/** The report of one trace. `signal` ends its listeners when another one takes its place. */
export class ReportPage {
  readonly element: HTMLElement;
  readonly #data: ReportData;
  readonly #parents: readonly number[];
  readonly #scale: TimeScale;
  readonly #overview: TreePanel;
  readonly #processes: TreePanel;
  readonly #details: Details;
  readonly #tabs: Tabs;

  constructor(data: ReportData, signal: AbortSignal) {
    this.#data = data;
    this.#parents = parentsOf(data.nodes);
    this.#scale = new TimeScale(data.duration);
    this.#overview = this.#treePanel('Timeline of the steps', overviewLines(data));
    this.#processes = this.#treePanel('Processes by step', processLines(data));
    this.#details = new Details({
      data,
      parents: this.#parents,
      onClose: () => this.#closeDetails(),
      onZoom: (node) => this.#zoomTo(node),
      onGo: (node) => this.#go(node),
    });
    this.#tabs = new Tabs(this.#sections());
    const bar = element('div', { class: 'bar-top' }, this.#tabs.list, this.#searchBox(), themeButton());
    const panels = element('div', { class: 'panels' }, ...this.#tabs.panels);
    const body = element('div', { class: 'body' }, panels, this.#details.element);
    this.element = element('main', {}, pageHead(data), bar, body);
    this.#listen(panels, signal);
  }

  /** Draws what needs to know its size; called once the element stands in the document. */
  begin(): void {
    this.#tabs.show('timeline');
  }

  #sections(): Section[] {
    const data = this.#data;
    const links: Links = { data, parents: this.#parents, go: (node) => this.#go(node) };
    const some = (list: readonly unknown[], section: () => Section) => (list.length > 0 ? [section()] : []);
    const [overview, processes] = [this.#overview, this.#processes];
    return [
      { id: 'timeline', title: 'Timeline', count: null, content: overview.element, onShow: () => overview.layout() },
      {
        id: 'processes',
        title: 'Processes',
        count: null,
        content: processes.element,
        onShow: () => processes.layout(),
      },
      ...some(data.agents, () => counted('agents', 'Agents', data.agents, agentsSection(links))),
      { id: 'network', title: 'Network', count: grouped(data.hostCount), content: networkSection(links) },
      ...some([...data.directories, ...data.secrets, ...data.fileTotals.places], () => filesOf(links)),
      ...some(data.findings, () => counted('findings', 'Findings', data.findings, findingsSection(links))),
      ...some(data.activities, () => counted('events', 'Events', data.activities, activitySection(links))),
      { id: 'coverage', title: 'Coverage', count: null, content: coverageSection(links) },
    ];
  }

  #treePanel(label: string, lines: readonly Line[]): TreePanel {
    const closed = closedAtFirst(lines);
    const onChoose = (line: Line) => (line.remark !== null ? this.#go(line.node, true) : this.#show(line.node));
    return new TreePanel({ label, lines, closed, nodes: this.#data.nodes, scale: this.#scale, onChoose });
  }

  #searchBox(): HTMLElement {
    const search = new SearchBox({
      nodes: this.#data.nodes,
      onFind: (found) => {
        const nodes = new Set(found);
        this.#overview.tree.mark(nodes);
        this.#processes.tree.mark(nodes);
      },
      onGo: (node) => this.#go(node),
      onLeave: () => this.#processes.tree.focus(),
    });
    return search.element;
  }

  /** Shows the node among the processes, and all that is known of it; with `inTree` the focus goes there too. */
  #go(node: number, inTree = false): void {
    if (this.#tabs.current !== 'processes') this.#tabs.show('processes');
    this.#show(node);
    this.#processes.tree.reveal(node);
    if (inTree) this.#processes.tree.focus();
  }

  #show(node: number): void {
    this.#details.show(node, this.#tabs.current === 'processes');
  }

  #zoomTo(place: number): void {
    const node = this.#data.nodes[place];
    if (node !== undefined) this.#scale.window = around(node.start, node.end, this.#scale.whole);
  }

  #closeDetails(): void {
    const panel = this.#shownPanel();
    this.#overview.tree.unchoose();
    this.#processes.tree.unchoose();
    panel?.layout();
    panel?.tree.focus();
  }

  #shownPanel(): TreePanel | null {
    if (this.#tabs.current === 'timeline') return this.#overview;
    return this.#tabs.current === 'processes' ? this.#processes : null;
  }

  #listen(panels: HTMLElement, signal: AbortSignal): void {
    const onScroll = oncePerFrame(() => this.#shownPanel()?.scrolled());
    addEventListener('scroll', onScroll, { signal, passive: true });
    const sizes = new ResizeObserver(oncePerFrame(() => this.#shownPanel()?.layout()));
    sizes.observe(panels);
    signal.addEventListener('abort', () => sizes.disconnect());
    addEventListener('beforeprint', () => this.#print(true), { signal });
    addEventListener('afterprint', () => this.#print(false), { signal });
  }

  #print(isPrinting: boolean): void {
    this.#overview.print(isPrinting);
    this.#processes.print(isPrinting);
  }
}

function oncePerFrame(draw: () => void): () => void {
  let isDue = false;
  return () => {
    if (isDue) return;
    isDue = true;
    requestAnimationFrame(() => {
      isDue = false;
      draw();
    });
  };
}

function filesOf(links: Links): Section {
  const count = grouped(links.data.fileTotals.changes);
  return { id: 'files', title: 'Files', count, content: filesSection(links) };
}

function counted(id: string, title: string, list: readonly unknown[], content: HTMLElement): Section {
  return { id, title, count: grouped(list.length), content };
}

function overviewLines({ overview, nodes }: ReportData): Line[] {
  const sizes = sizesOf(parentsOf(overview));
  return overview.map(({ node, depth, remark }, index) => ({
    node,
    depth,
    size: sizes[index] ?? 0,
    label: remark?.text ?? nodes[node]?.label ?? '',
    remark: remark?.tone ?? null,
  }));
}

function processLines({ nodes }: ReportData): Line[] {
  return nodes.map(({ depth, size, label }, node) => ({ node, depth, size, label, remark: null }));
}

/** Of a large job only the jobs are open, so that its steps are seen first. */
function closedAtFirst(lines: readonly Line[]): number[] {
  if (lines.length <= openAtFirst) return [];
  return [...lines.entries()].filter(([, { depth, size }]) => depth > 0 && size > 0).map(([place]) => place);
}
