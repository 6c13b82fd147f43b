import type { Logger } from 'pino';
import { describeError } from '../../crds/errors.ts';
import type { KubeClient } from '../kube/client.ts';
import { eventOf, type Notice } from '../kube/event.ts';
import type { KubeObject } from '../kube/objects.ts';
import { events } from '../kube/resources.ts';
import type { Clock } from '../runtime/clock.ts';

/** The same words about the same object are said once in this time. */
const QUIET_MS = 10 * 60_000;
/** Beyond this many remembered Events the oldest are forgotten, and could be said again. */
const MEMORY_LIMIT = 5000;

export type { Notice };

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
    const now = clock.now();
    const key = `${notice.reason} ${notice.note} ${now}`;
    await client.create(events, eventOf(object, notice, { now, controller: 'chaperone.dev/operator', instance, key }));
  } catch (error) {
    log.warn({ err: error, reason: notice.reason }, `an Event could not be written: ${describeError(error)}`);
  }
}
