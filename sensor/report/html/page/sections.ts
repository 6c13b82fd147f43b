import { grouped } from '../../units.ts';
import type { Fact, HostRow, ReportData } from '../model/report-data.ts';
import { ancestorsOf } from '../model/tree.ts';
import { element, jobText } from './element.ts';
import { bytes, instant } from './format.ts';
import { opening, table } from './table.ts';

/** What the sections beside the trees need to lead to a span. */
export interface Links {
  readonly data: ReportData;
  readonly parents: readonly number[];
  readonly go: (node: number) => void;
}

/** The connections by host, those that were accepted, the names that led to none, and who was asked for names. */
export function networkSection(links: Links): HTMLElement {
  const { hosts, accepted, lookups, resolvers } = links.data;
  if (hosts.length + accepted.length + lookups.length + resolvers.length === 0)
    return element('p', { class: 'empty' }, 'No connection was made.');
  return element(
    'div',
    {},
    ...(hosts.length > 0 ? [hostTable(links, 'Connections by host', ['Host', 'Address'], hosts)] : []),
    ...(accepted.length > 0 ? [hostTable(links, 'Accepted connections', ['At', 'From'], accepted)] : []),
    ...(lookups.length > 0 ? [lookupTable(links)] : []),
    ...(resolvers.length > 0
      ? [hostTable(links, 'Resolvers that were asked', ['Resolver', 'Address'], resolvers)]
      : []),
  );
}

function lookupTable(links: Links): HTMLElement {
  const columns = [{ title: 'Name' }, { title: 'Answer' }, { title: 'Times', isNumber: true }, { title: 'Response' }];
  const cells = links.data.lookups.map(({ name, response, answers, nodes }) => [
    opening(jobText(name), nodes, (node) => connectionEntry(links, node)),
    jobText(answers.join(', ') || '–'),
    grouped(nodes.length),
    element('span', { class: response === 'NOERROR' ? '' : 'note warning' }, response || 'no answer'),
  ]);
  return table('Names looked up without a connection', columns, cells);
}

function hostTable(
  links: Links,
  caption: string,
  [host, address]: [string, string],
  rows: readonly HostRow[],
): HTMLElement {
  const columns = [
    { title: host },
    { title: address },
    { title: 'Port' },
    { title: 'Connections', isNumber: true },
    { title: 'Outcome' },
    { title: 'Sent', isNumber: true },
    { title: 'Received', isNumber: true },
  ];
  const cells = rows.map((row) => [
    opening(jobText(row.host), row.nodes, (node) => connectionEntry(links, node)),
    jobText(row.addresses.join(', ') || '–'),
    jobText(row.ports.join(', ') || '–'),
    grouped(row.connections),
    element('span', { class: row.failed > 0 ? 'note warning' : '' }, row.outcomes.join(', ') || '–'),
    bytes(row.sent),
    bytes(row.received),
  ]);
  return table(caption, columns, cells);
}

/** `+1.2 s  refused  curl, in step Install` */
function connectionEntry(links: Links, node: number): HTMLElement {
  const { data, parents } = links;
  const { start = 0, result = '', failed = false } = data.nodes[node] ?? {};
  const above = ancestorsOf(parents, node);
  const step = above.find((ancestor) => data.nodes[ancestor]?.kind === 'step');
  const by = data.nodes[parents[node] ?? -1]?.label ?? '';
  const where = step === undefined || step === parents[node] ? '' : `, in ${data.nodes[step]?.label}`;
  return element(
    'span',
    {},
    element('span', { class: 'when' }, instant(start)),
    linkTo(links, node, `${by}${where}`),
    element('span', { class: failed ? 'note warning' : 'quiet' }, result),
  );
}

/** Secrets that were read, and changes of files. */
export function filesSection(links: Links): HTMLElement {
  const { secrets, directories, fileTotals } = links.data;
  const { operations, places } = fileTotals;
  return element(
    'div',
    {},
    ...(secrets.length > 0 ? [secretTable(links)] : []),
    ...(directories.length > 0 ? [directoryTable(links)] : []),
    ...(operations.length > 0 ? [factTable('All changes of files', ['Operation', 'Changes'], operations)] : []),
    ...(places.length > 0 ? [factTable('All changes of files, by place', ['Place', 'Changes'], places)] : []),
  );
}

function secretTable(links: Links): HTMLElement {
  const columns = [
    { title: 'File' },
    { title: 'What it holds' },
    { title: 'At', isNumber: true },
    { title: 'Read by' },
  ];
  const rows = links.data.secrets.map(({ path, kind, at, node }) => [
    jobText(path),
    kind,
    instant(at),
    linkTo(links, node, links.data.nodes[node]?.label ?? ''),
  ]);
  return table('Secrets that were read', columns, rows);
}

function directoryTable(links: Links): HTMLElement {
  const columns = [{ title: 'Directory' }, { title: 'Changes', isNumber: true }, { title: 'Operations' }];
  const rows = links.data.directories.map(({ directory, files, changes, operations }) => [
    opening(jobText(directory), files, ({ path, operation, node }) =>
      element('span', {}, element('span', { class: 'when' }, operation), linkTo(links, node, path)),
    ),
    grouped(changes),
    operations.join(', '),
  ]);
  return table('Changes of files by directory', columns, rows);
}

/** What looks like an attack: see docs/findings.md. */
export function findingsSection(links: Links): HTMLElement {
  const columns = [
    { title: 'Rule' },
    { title: 'Severity' },
    { title: 'What' },
    { title: 'Times', isNumber: true },
    { title: 'First', isNumber: true },
    { title: 'Where' },
  ];
  const rows = links.data.findings.map(({ rule, verdict, subject, count, at, node }) => [
    jobText(rule),
    jobText(verdict, verdict === 'Critical' || verdict === 'High' ? 'note bad' : 'note warning'),
    jobText(subject),
    grouped(count),
    instant(at),
    linkTo(links, node, links.data.nodes[links.parents[node] ?? node]?.label ?? ''),
  ]);
  return table('Findings', columns, rows);
}

/** Access to memory, changes of privilege and whatever else a process did that is worth an event. */
export function activitySection(links: Links): HTMLElement {
  const columns = [{ title: 'Event' }, { title: 'At', isNumber: true }, { title: 'Process' }, { title: 'Details' }];
  const rows = links.data.activities
    .slice(0, mostActivities)
    .map(({ name, detail, at, node }) => [
      jobText(name),
      instant(at),
      linkTo(links, node, links.data.nodes[node]?.label ?? ''),
      jobText(detail),
    ]);
  const left = links.data.activities.length - rows.length;
  const more = left > 0 ? [element('p', { class: 'quiet' }, `And ${grouped(left)} more; search finds them.`)] : [];
  return element('div', {}, table('Events', columns, rows), ...more);
}

const mostActivities = 500;

/** What was seen and what was not. */
export function coverageSection({ data }: Links): HTMLElement {
  const { stages, classes, cells, rest } = data.account;
  const sentence = data.coverage.map(({ tone, text }) => element('span', { class: `verdict ${tone}` }, text));
  const columns = [{ title: 'Kernel events' }, ...stages.map((stage) => ({ title: stage, isNumber: true }))];
  const rows = classes.map((kind, row) => [
    kind,
    ...(cells[row] ?? []).map((count) => (count === null ? '–' : grouped(count))),
  ]);
  return element(
    'div',
    { class: 'coverage' },
    element('p', { class: 'sentence' }, ...sentence),
    ...(rows.length > 0 ? [table('The account of kernel events', columns, rows)] : []),
    ...(rest.length > 0 ? [factTable('The sensor', ['What', 'Value'], rest)] : []),
  );
}

function factTable(caption: string, [name, value]: [string, string], facts: readonly Fact[]): HTMLElement {
  const rows = facts.map(([key, told]) => [key, jobText(String(told))]);
  const made = table(caption, [{ title: name }, { title: value, isNumber: true }], rows);
  made.classList.add('short');
  return made;
}

/** A button that leads to a span. */
export function linkTo({ go }: Links, node: number, text: string): HTMLElement {
  return element('button', { type: 'button', class: 'link', onclick: () => go(node) }, jobText(text));
}
