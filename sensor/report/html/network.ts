import type { AttributeValue, FinishedSpan } from '../../spans/finished-span.ts';
import { otherName } from '../../spans/fold.ts';
import { failedCount, outcomeOf } from '../connection-outcome.ts';
import { destinationOf, reachesHost } from '../reached.ts';
import { spanCount } from '../span-count.ts';
import { byMost } from '../summary.ts';
import { visible } from '../text.ts';
import { grouped } from '../units.ts';
import type { HostRow, LookupRow } from './model/report-data.ts';
import type { NodeList } from './nodes.ts';

/** The connections by the host that each was for: the name its address was resolved from where that is known, else the address. */
export function hostRows(list: NodeList): HostRow[] {
  return rowsOf(list, 'connection', reachesHost);
}

/** The connections to the resolver that the job was given. */
export function resolverRows(list: NodeList): HostRow[] {
  return rowsOf(list, 'connection', (span) => !reachesHost(span));
}

/** The connections that others made, by the address that they came to. */
export function acceptedRows(list: NodeList): HostRow[] {
  return rowsOf(list, 'accept', () => true);
}

/** Who is at the other end. */
const peerAddress = { connection: 'network.peer.address', accept: 'client.address' } as const;

function rowsOf(
  { nodes, spans }: NodeList,
  kind: keyof typeof peerAddress,
  isMeant: (span: FinishedSpan) => boolean,
): HostRow[] {
  const byHost = new Map<string, Connection[]>();
  for (const [node, span] of spans.entries()) {
    if (nodes[node]?.kind !== kind || !isMeant(span)) continue;
    const { host, port } = destinationOf(span);
    const connections = byHost.get(host) ?? [];
    connections.push({ node, span, port, address: span.attributes[peerAddress[kind]] });
    byHost.set(host, connections);
  }
  const rows = [...byHost].map(([host, connections]) => hostRow(host, connections));
  return rows.sort(
    (a, b) => Number(isRest(a)) - Number(isRest(b)) || b.connections - a.connections || inOrder.compare(a.host, b.host),
  );
}

/** 127.0.0.9 before 127.0.0.10, whatever the machine's locale. */
const inOrder = new Intl.Collator('en', { numeric: true });

/** Of hosts that found no room of their own, which is no host. */
function isRest({ host }: HostRow): boolean {
  return host === otherName;
}

interface Connection {
  readonly node: number;
  readonly span: FinishedSpan;
  readonly port: string;
  readonly address: AttributeValue | undefined;
}

function hostRow(host: string, connections: readonly Connection[]): HostRow {
  const outcomes = new Map<string, number>();
  let [count, failed] = [0, 0];
  for (const { span } of connections) {
    const many = spanCount(span);
    count += many;
    failed += failedCount(span);
    for (const [outcome, times] of outcomesOf(span)) outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + times);
  }
  return {
    host: visible(host),
    addresses: distinct(connections.map(({ address }) => address)),
    ports: distinct(connections.map(({ port }) => port)),
    connections: count,
    failed,
    outcomes: byMost(outcomes).map(([outcome, many]) => `${visible(outcome)} ${grouped(many)}`),
    sent: total(connections, 'chaperone.bytes.sent'),
    received: total(connections, 'chaperone.bytes.received'),
    nodes: [...connections].sort((a, b) => earlier(a.span, b.span)).map(({ node }) => node),
  };
}

/** A summary knows how many failed, and of the others only that they did not. */
function outcomesOf(span: FinishedSpan): [string, number][] {
  const outcome = outcomeOf(span);
  if (outcome !== '') return [[outcome, spanCount(span)]];
  if (span.attributes['aggregation.is_summary'] !== true) return [];
  const failed = failedCount(span);
  const counts: [string, number][] = [
    ['failed', failed],
    ['told together', spanCount(span) - failed],
  ];
  return counts.filter(([, count]) => count > 0);
}

function earlier(a: FinishedSpan, b: FinishedSpan): number {
  return a.start < b.start ? -1 : Number(a.start > b.start);
}

function distinct(values: readonly unknown[]): string[] {
  return [...new Set(values.filter((value) => typeof value === 'string' && value !== ''))].map((value) =>
    visible(String(value)),
  );
}

function total(connections: readonly Connection[], name: string): number | null {
  const counts = connections.map(({ span }) => span.attributes[name]).filter((count) => typeof count === 'number');
  return counts.length === 0 ? null : counts.reduce((sum, count) => sum + count, 0);
}

/** Lookups that failed or that no connection followed, by name and response. */
export function lookupRows({ nodes, spans }: NodeList): LookupRow[] {
  const byName = new Map<string, { name: string; response: string; answers: Set<string>; nodes: number[] }>();
  for (const [node, { attributes }] of spans.entries()) {
    if (nodes[node]?.kind !== 'dns') continue;
    const [name, response] = [String(attributes['dns.question.name']), nodes[node]?.result ?? ''];
    const row = byName.get(`${name} ${response}`) ?? { name: visible(name), response, answers: new Set(), nodes: [] };
    byName.set(`${name} ${response}`, row);
    row.nodes.push(node);
    for (const answer of [attributes['dns.answers'] ?? []].flat()) row.answers.add(visible(String(answer)));
  }
  return [...byName.values()].map((row) => ({ ...row, answers: [...row.answers] }));
}
