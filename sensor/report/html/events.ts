import { fileChange, fileOperation, fileRead, fileSecret, findingSubject } from '../../../crds/attributes.ts';
import { severities } from '../../../crds/finding.ts';
import { severityOf } from '../../findings/read-finding.ts';
import { toolCallOf, toolCallWords } from '../../findings/tool-call.ts';
import type { Attributes, AttributeValue, FinishedSpan, SpanEvent } from '../../spans/finished-span.ts';
import { changedFile } from '../changed-file.ts';
import { fileChangesOf } from '../file-changes.ts';
import { byMost } from '../summary.ts';
import { visible } from '../text.ts';
import { grouped } from '../units.ts';
import type {
  ActivityRow,
  DirectoryRow,
  Fact,
  FileRow,
  FileTotals,
  FindingRow,
  SecretRow,
} from './model/report-data.ts';
import type { NodeList } from './nodes.ts';

/** Told elsewhere: among the files, and with the connection that followed. */
const toldElsewhere: readonly string[] = [fileChange, fileRead, 'dns.answer'];

/** Changes of files by directory; what was renamed stands where it is now. */
export function directoryRows(list: NodeList): DirectoryRow[] {
  const byDirectory = new Map<string, FileRow[]>();
  for (const { node, event } of eventsOf(list)) {
    if (event.name !== fileChange) continue;
    const { path, target } = changedFile(event.attributes);
    const directory = folderOf(target ?? path);
    const files = byDirectory.get(directory) ?? [];
    files.push({
      path: visible(target === null ? path : `${path} → ${target}`),
      operation: visible(String(event.attributes[fileOperation] ?? 'change')),
      changes: countOf(event.attributes),
      node,
    });
    byDirectory.set(directory, files);
  }
  const rows = [...byDirectory].map(([directory, files]) => directoryRow(visible(directory), files));
  return rows.sort((a, b) => b.changes - a.changes || (a.directory < b.directory ? -1 : 1));
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 1)) || path;
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

/** Files that give secrets away and were opened for reading. */
export function secretRows(list: NodeList): SecretRow[] {
  return eventsOf(list)
    .filter(({ event }) => event.name === fileRead)
    .map(({ node, event: { time, attributes } }) => ({
      path: visible(String(attributes['file.path'] ?? '')),
      kind: visible(String(attributes[fileSecret] ?? '')),
      at: list.millis(time),
      node,
    }));
}

/** How many changes there were in all: exact, also of those that no event tells. */
export function fileTotals(jobs: readonly FinishedSpan[]): FileTotals {
  const { total, byOperation, byPlace } = fileChangesOf(jobs);
  return { changes: total, operations: countFacts(byOperation), places: countFacts(byPlace) };
}

function countFacts(counts: Readonly<Record<string, number>>): Fact[] {
  return Object.entries(counts).map(([name, count]) => [visible(name), grouped(count)]);
}

/** Every other event that stands on a span: access to memory, changes of privilege. */
export function activityRows(list: NodeList): ActivityRow[] {
  return eventsOf(list)
    .filter(({ event }) => !toldElsewhere.includes(event.name))
    .map(({ node, event: { name, time, attributes } }) => ({
      name: visible(name.replace(/^chaperone\./, '').replaceAll('.', ' ')),
      detail: Object.entries(attributes).map(detail).join('; '),
      at: list.millis(time),
      node,
    }));
}

/** `real_user.after 65534`: what kind of event it is stands beside it. */
function detail([name, value]: [string, AttributeValue]): string {
  const values = [value].flat().map((one) => visible(String(one)));
  return `${visible(name.replace(/^chaperone\.([^.]+\.)?/, ''))} ${values.join(', ')}`;
}

/** What looks like an attack, the worst first. */
export function findingRows(list: NodeList): FindingRow[] {
  return [...list.spans.entries()]
    .filter(([, span]) => isFinding(span))
    .sort(([, one], [, other]) => severities.indexOf(severityOf(other)) - severities.indexOf(severityOf(one)))
    .map(([node, span]) => findingRow(list, node, span));
}

function isFinding({ attributes, kind }: FinishedSpan): boolean {
  return kind === 'internal' && 'security_rule.name' in attributes;
}

function findingRow(list: NodeList, node: number, span: FinishedSpan): FindingRow {
  const { attributes, start } = span;
  const title = attributes['security_rule.description'];
  const call = toolCallWords(toolCallOf(attributes));
  const what = [title, attributes[findingSubject]].filter((part) => part !== undefined).join(': ');
  return {
    verdict: severityOf(span),
    rule: visible(String(attributes['security_rule.name'])),
    subject: visible(call === '' ? what : `${what}, ${call}`),
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
