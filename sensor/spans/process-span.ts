import {
  bytesReceived,
  bytesSent,
  eventsUntold,
  failedConnections,
  processExecution,
  processOrigin,
  processProgram,
  processScript,
  processUnknownArguments,
} from '../../crds/attributes.ts';
import type { ProcessImage } from '../lineage/process-table.ts';
import type { Attributes, FinishedSpan, SpanLink, UnixNanos } from './finished-span.ts';
import type { Fold } from './fold.ts';
import type { Redactor } from './redact.ts';
import { signalName } from './signal.ts';
import type { SpanNotes } from './span-notes.ts';
import { baseName, known, maxName, printable } from './text.ts';
import { usageAttributes } from './usage.ts';

/** Where a span stands: its trace, its own id and its parent's. */
export interface Placement {
  traceId: string;
  spanId: string;
  parentSpanId: string | null;
}

export interface ProcessView {
  readonly image: ProcessImage;
  readonly offset: bigint;
  readonly redact: Redactor;
  /** The step's own process: its failure is the step's failure, every other exit code is the program's own business. */
  readonly isStepRoot: boolean;
  /** Where a process comes from that is of no step. */
  readonly origin: ProcessOrigin | null;
  /** What its events tell. */
  readonly notes: SpanNotes;
  readonly links: SpanLink[];
}

/** Started by the runner itself, entered the pod from outside (`kubectl exec`), of another container, or there before the sensor. */
export type ProcessOrigin = 'runner' | 'exec' | 'container' | 'before';

/** One executed image, named as it was called; `process.executable.name` is the file that really ran. */
export function processSpan(at: Placement, view: ProcessView): FinishedSpan {
  const { image, offset, redact, isStepRoot, notes, links } = view;
  const start = image.start + offset;
  const failure = failureOf(image, isStepRoot);
  const args = redact(image.argv);
  return {
    ...at,
    name: processName(image, redact),
    kind: 'internal',
    start,
    end: (image.end ?? image.start) + offset,
    attributes: {
      ...known({
        'process.executable.name': printable(baseName(redact.text(image.path || image.filename)), maxName),
        'process.executable.path': printable(redact.text(image.path)),
        'process.pid': image.pid,
        'process.vpid': image.nsPid,
        'process.parent_pid': image.parentPid,
        'process.command_args': args,
        'process.args_count': args.length < image.argc ? image.argc : null,
        'process.working_directory': printable(redact.text(image.cwd)),
        'process.exit.code': image.exitCode,
        'process.user.id': image.euid,
        'process.real_user.id': image.uid === image.euid ? null : image.uid,
        'process.saved_user.id': image.suid === image.euid ? null : image.suid,
        'process.creation.time': isoTime(start),
        [eventsUntold]: notes.untold || null,
        'error.type': failure,
        [processOrigin]: view.origin,
      }),
      ...executionAttributes(image, redact),
      ...(image.usage === null ? {} : usageAttributes(image.usage)),
    },
    events: notes.events(offset, redact),
    links,
    error: failure === null ? null : {},
    priority: false,
  };
}

/** What was executed, where that is more than a file by its path. */
function executionAttributes({ traits, filename, program, ...image }: ProcessImage, redact: Redactor): Attributes {
  const kinds = [
    ...(['memfd', 'unlinked', 'script', 'descriptor', 'secure'] as const).filter((trait) => traits[trait]),
    ...(program === null ? [] : ['loader']),
  ];
  return known({
    [processExecution]: kinds.length === 0 ? null : kinds,
    [processScript]: traits.script ? printable(redact.text(filename)) : null,
    [processProgram]: program === null ? null : printable(redact.text(program)),
    [processUnknownArguments]: image.argvBytes - image.argvKnown || null,
  });
}

/** Short processes or connections of one name under one parent, told as one span (attributes of the collector's span pruning processor). */
export function summarySpan(at: Placement, fold: Fold, offset: bigint): FinishedSpan {
  return {
    ...at,
    name: fold.name,
    kind: fold.kind,
    start: fold.first + offset,
    end: fold.last + offset,
    attributes: {
      'aggregation.is_summary': true,
      'aggregation.span_count': fold.count,
      'aggregation.duration_min_ns': Number(fold.min),
      'aggregation.duration_max_ns': Number(fold.max),
      'aggregation.duration_avg_ns': Number(fold.total / BigInt(fold.count)),
      'aggregation.duration_total_ns': Number(fold.total),
      ...(fold.kind === 'internal' ? {} : trafficAttributes(fold)),
    },
    events: [],
    links: [],
    error: null,
    priority: false,
  };
}

function trafficAttributes({ sent, received, failed }: Fold): Attributes {
  return { [bytesSent]: sent, [bytesReceived]: received, [failedConnections]: failed };
}

/**
 * What the program was called as: of `/bin/sh` that is `sh`, whatever the link leads to. A file descriptor has no name of its own, and a loader
 * is called for the sake of what it runs. The whole path is searched for secrets first, since one with a slash in it is not known by its end.
 */
export function processName(image: Pick<ProcessImage, 'filename' | 'path' | 'program'>, redact: Redactor): string {
  const called = image.program ?? (nameless.test(image.filename) ? image.path : image.filename);
  return printable(baseName(redact.text(called)), maxName) || 'unknown';
}

const nameless = /^$|^\/dev\/fd\/\d+$|^\/proc\//;

function failureOf(image: ProcessImage, isStepRoot: boolean): string | null {
  if (image.signal !== null) return signalName(image.signal);
  return isStepRoot && image.exitCode !== null && image.exitCode !== 0 ? String(image.exitCode) : null;
}

function isoTime(time: UnixNanos): string {
  return new Date(Number(time / 1_000_000n)).toISOString();
}
