import type { Attributes, FinishedSpan, SpanEvent } from '../../spans/finished-span.ts';
import { byMost } from '../summary.ts';
import { visible } from '../text.ts';
import { grouped } from '../units.ts';
import type { ActivityRow, DirectoryRow, FileRow, FindingRow } from './model/report-data.ts';
import type { NodeList } from './nodes.ts';

const fileChange = 'chaperone.file.change';
/** Told elsewhere: with the connection that followed. */
const quietEvents: readonly string[] = [fileChange, 'dns.answer'];

/** Changes of files by directory. */
export function directoryRows(list: NodeList): DirectoryRow[] {
  const byDirectory = new Map<string, FileRow[]>();
  for (const { node, event } of eventsOf(list)) {
    if (event.name !== fileChange) continue;
    const path = String(event.attributes['file.path'] ?? '');
    const directory = path.slice(0, Math.max(path.lastIndexOf('/'), 1)) || path;
    const files = byDirectory.get(directory) ?? [];
    files.push({
      path: visible(path),
      operation: visible(String(event.attributes['chaperone.file.operation'] ?? 'change')),
      changes: countOf(event.attributes),
      node,
    });
    byDirectory.set(directory, files);
  }
  const rows = [...byDirectory].map(([directory, files]) => directoryRow(visible(directory), files));
  return rows.sort((a, b) => b.changes - a.changes || (a.directory < b.directory ? -1 : 1));
}

function directoryRow(directory: string, files: readonly FileRow[]): DirectoryRow {
  const operations = new Map<string, number>();
  for (const { operation, changes } of files) operations.set(operation, (operations.get(operation) ?? 0) + changes);
  return {
    directory,
    changes: files.reduce((sum, { changes }) => sum + changes, 0),
    operations: byMost(operations).map(([operation, count]) => `${operation} ${grouped(count)}`),
    files,
  };
}

/** Every other event that stands on a span: access to memory, changes of privilege. */
export function activityRows(list: NodeList): ActivityRow[] {
  return eventsOf(list)
    .filter(({ event }) => !quietEvents.includes(event.name))
    .map(({ node, event }) => ({
      name: visible(event.name),
      detail: visible(
        Object.entries(event.attributes)
          .map(([name, value]) => `${name} ${String(value)}`)
          .join(', '),
      ),
      at: list.millis(event.time),
      node,
    }));
}

/** Violations of the policy: spans that name the rule. */
export function findingRows(list: NodeList): FindingRow[] {
  return [...list.spans.entries()]
    .filter(([, span]) => isFinding(span))
    .map(([node, span]) => findingRow(list, node, span));
}

function isFinding({ attributes, kind }: FinishedSpan): boolean {
  return kind === 'internal' && 'security_rule.name' in attributes;
}

function findingRow(list: NodeList, node: number, { attributes, start, name }: FinishedSpan): FindingRow {
  const subject = ['server.address', 'file.path', 'process.executable.path', 'process.executable.name']
    .map((key) => attributes[key])
    .find((value) => typeof value === 'string');
  return {
    verdict: visible(String(attributes['chaperone.policy.verdict'] ?? name)),
    rule: visible(String(attributes['security_rule.name'])),
    subject: visible(String(subject ?? '')),
    count: countOf(attributes),
    at: list.millis(start),
    node,
  };
}

/** Events and findings that stand for several say how many. */
function countOf(attributes: Attributes): number {
  const count = attributes['chaperone.count'];
  return typeof count === 'number' && count > 0 ? count : 1;
}

function eventsOf({ spans }: NodeList): { node: number; event: SpanEvent }[] {
  return spans.flatMap(({ events }, node) => events.map((event) => ({ node, event })));
}
