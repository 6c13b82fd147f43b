import { createHash } from 'node:crypto';
import type { Logger } from 'pino';
import { describeError } from '../../crds/errors.ts';
import type { KubeClient } from '../kube/client.ts';
import type { KubeObject } from '../kube/objects.ts';
import { events } from '../kube/resources.ts';
import type { Clock } from '../runtime/clock.ts';

/** The same words about the same object are said once in this time. */
const QUIET_MS = 10 * 60_000;
/** Limit of events.k8s.io/v1, in bytes of UTF-8. */
const NOTE_LIMIT = 1024;
const ELLIPSIS = '…';
/** Beyond this many remembered Events the oldest are forgotten, and could be said again. */
const MEMORY_LIMIT = 5000;

/** What a user must know about an object. */
export interface Notice {
  type: 'Normal' | 'Warning';
  /** Why, in one word, such as `PolicyRefused`. */
  reason: string;
  /** What we did or could not do, in one word, such as `Accept`. */
  action: string;
  /** One sentence. */
  note: string;
}

/** Writes Events (events.k8s.io/v1). */
export interface Recorder {
  /** Writes the Event unless it was written lately. Never rejects: an Event that cannot be written is logged. */
  record(object: KubeObject, notice: Notice): Promise<void>;
}

export interface RecorderOptions {
  client: KubeClient;
  clock: Clock;
  log: Logger;
  /** The name of this replica. */
  instance: string;
}

/** Makes a recorder that remembers what it said. */
export function createRecorder(options: RecorderOptions): Recorder {
  const said = new Map<string, number>();
  return {
    async record(object, notice) {
      const now = options.clock.now();
      const key = `${object.metadata.uid} ${notice.reason} ${notice.note}`;
      if (now - (said.get(key) ?? Number.NEGATIVE_INFINITY) < QUIET_MS) return;
      said.delete(key);
      said.set(key, now);
      const [oldest] = said.keys();
      if (said.size > MEMORY_LIMIT && oldest !== undefined) said.delete(oldest);
      await write(options, object, notice);
    },
  };
}

async function write(
  { client, clock, log, instance }: RecorderOptions,
  object: KubeObject,
  notice: Notice,
): Promise<void> {
  try {
    await client.create(events, eventOf(object, notice, { now: clock.now(), instance }));
  } catch (error) {
    log.warn({ err: error, reason: notice.reason }, `an Event could not be written: ${describeError(error)}`);
  }
}

function eventOf(
  { apiVersion, kind, metadata }: KubeObject,
  { type, reason, action, note }: Notice,
  { now, instance }: { now: number; instance: string },
): KubeObject & Record<string, unknown> {
  const { name, namespace, uid } = metadata;
  const suffix = createHash('sha256').update(`${uid} ${reason} ${note} ${now}`).digest('hex').slice(0, 16);
  return {
    metadata: { name: `${name.slice(0, 200)}.${suffix}`, namespace: namespace ?? 'default' },
    eventTime: new Date(now).toISOString().replace('Z', '000Z'),
    reportingController: 'chaperone.dev/operator',
    reportingInstance: instance.slice(0, 128),
    regarding: { apiVersion, kind, name, namespace, uid },
    type,
    reason,
    action,
    note: cutNote(note),
  };
}

function cutNote(note: string): string {
  const bytes = Buffer.from(note);
  if (bytes.length <= NOTE_LIMIT) return note;
  // A character that the cut would halve stays out.
  const kept = new TextDecoder().decode(bytes.subarray(0, NOTE_LIMIT - Buffer.byteLength(ELLIPSIS)), { stream: true });
  return `${kept}${ELLIPSIS}`;
}
