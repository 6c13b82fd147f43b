import { grouped } from '../../units.ts';
import type { AgentRow, CallRow, DeedLists } from '../model/report-data.ts';
import { type Child, element, jobText } from './element.ts';
import { instant, span } from './format.ts';
import { type Links, linkTo } from './sections.ts';
import { opening, table } from './table.ts';

/** Each run of a coding agent: what it changed, where it connected, what it read and left, and its commands one by one. */
export function agentsSection(links: Links): HTMLElement {
  return element('div', { class: 'agents' }, ...links.data.agents.map((agent) => agentPart(links, agent)));
}

function agentPart(links: Links, agent: AgentRow): HTMLElement {
  const { name, node, calls, toolCalls } = agent;
  const untold = toolCalls - calls.filter(({ isClaim }) => !isClaim).length;
  const more =
    untold > 0 ? [element('p', { class: 'quiet' }, `And ${grouped(untold)} without a span of their own.`)] : [];
  return element(
    'section',
    { 'aria-label': `Agent ${name}` },
    element('h2', {}, linkTo(links, node, name)),
    factList(facts(links, agent)),
    ...(calls.length > 0 ? [callTable(links, agent)] : []),
    ...more,
    ...(agent.servers.length > 0 ? [serverTable(links, agent)] : []),
  );
}

/** What a person asks of a run, in this order; what there is none of is said too, since that is an answer. */
function facts(
  links: Links,
  { node, step, error, toolCalls, toldCalls, deeds, leftRunning }: AgentRow,
): [string, Child][] {
  const { start = 0, end = 0 } = links.data.nodes[node] ?? {};
  const ended = error === '' ? '' : `, ended by ${error}`;
  return [
    ['Step', step === null ? '–' : linkTo(links, step, labelOf(links, step))],
    ['Ran', `${span(end - start)}, from ${instant(start)}${ended}`],
    [
      'Tool calls',
      toldCalls === 0
        ? grouped(toolCalls)
        : `${grouped(toolCalls)} seen; the agent tells of ${grouped(toldCalls)}, of any tool`,
    ],
    ['Changed', listOf(deeds.changes, 'file change', deeds.files) ?? noFile(links)],
    ['Connected to', deeds.hosts.length === 0 ? 'nothing' : jobText(deeds.hosts.join(', '))],
    ['Read secrets', listOf(deeds.secretsRead, 'file', deeds.secrets, 'note warning') ?? noFile(links)],
    ['Left running', leftPart(links, leftRunning)],
    ['Findings', linksTo(links, deeds.findings)],
  ];
}

function factList(facts: readonly [string, Child][]): HTMLElement {
  const entries = facts.flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, value)]);
  return element('dl', { class: 'facts' }, ...entries);
}

/** Few names stand there at once, many behind their number; `null` where there is none. */
function listOf(count: number, what: string, names: readonly string[], tone = ''): Child {
  if (count === 0) return null;
  const label = `${grouped(count)} ${what}${count === 1 ? '' : 's'}`;
  if (names.length === 0) return element('span', { class: tone }, label);
  if (names.length <= fewNames) return element('span', { class: tone }, `${label}: `, jobText(names.join(', ')));
  return opening(element('span', { class: tone }, label), names, (name) => jobText(name));
}

function noFile({ data }: Links): string {
  return data.areFilesWatched ? 'nothing' : 'not known, files were not watched';
}

const fewNames = 3;

function leftPart(links: Links, { count, nodes }: AgentRow['leftRunning']): Child {
  if (count === 0) return 'nothing';
  const untold = count - nodes.length;
  const more = untold > 0 ? ` and ${grouped(untold)} without a span` : '';
  return element('span', {}, linksTo(links, nodes), more);
}

function linksTo(links: Links, nodes: readonly number[]): Child {
  if (nodes.length === 0) return 'none';
  return element('span', { class: 'links' }, ...nodes.map((node) => linkTo(links, node, labelOf(links, node))));
}

function labelOf({ data }: Links, node: number): string {
  return data.nodes[node]?.label ?? '';
}

function callTable(links: Links, { name, calls }: AgentRow): HTMLElement {
  const columns = [
    { title: 'Command' },
    { title: 'Tool' },
    { title: 'At', isNumber: true },
    { title: 'Took', isNumber: true },
    { title: 'Result' },
    { title: 'Changed', isNumber: true },
    { title: 'Connected to' },
    { title: 'Findings', isNumber: true },
  ];
  return table(
    `Tool calls of ${name}`,
    columns,
    calls.map((call) => callCells(links, call)),
  );
}

function serverTable(links: Links, { name, servers }: AgentRow): HTMLElement {
  const columns = [
    { title: 'Server' },
    { title: 'At', isNumber: true },
    { title: 'Lived', isNumber: true },
    { title: 'Changed', isNumber: true },
    { title: 'Connected to' },
    { title: 'Findings', isNumber: true },
  ];
  const rows = servers.map(({ node, name: server, deeds }) => {
    const { start = 0, end = 0 } = links.data.nodes[node] ?? {};
    return [linkTo(links, node, server), instant(start), span(end - start), ...deedCells(deeds)];
  });
  return table(`MCP servers of ${name}`, columns, rows);
}

function callCells(links: Links, { node, tool, isClaim, command, error, deeds }: CallRow): Child[] {
  const { start = 0, end = 0 } = links.data.nodes[node] ?? {};
  return [
    linkTo(links, node, command || (isClaim ? 'in the agent' : 'not known')),
    element('span', {}, jobText(tool), isClaim ? element('span', { class: 'quiet' }, ', by its word') : null),
    instant(start),
    span(end - start),
    error === '' ? 'ok' : element('span', { class: 'note bad' }, error),
    ...deedCells(deeds),
  ];
}

function deedCells({ changes, hosts, findings }: DeedLists): Child[] {
  return [
    changes === 0 ? '–' : grouped(changes),
    jobText(hosts.join(', ') || '–'),
    findings.length === 0 ? '–' : element('span', { class: 'note bad' }, grouped(findings.length)),
  ];
}
