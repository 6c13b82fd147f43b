import type { Clock } from '../runtime/clock.ts';
import { KubeError } from './errors.ts';
import { splitLines } from './lines.ts';
import { type Selection, selectors } from './listing.ts';
import type { KubeObject } from './objects.ts';
import { collectionPath } from './resources.ts';
import { type ApiRequest, type Transport, toNetworkError } from './transport.ts';

/** The API server sends a bookmark about every minute: after this much silence the connection is dead. */
const IDLE_LIMIT_MS = 150_000;

/** One event of a watch; of a bookmark, only the version counts. */
export interface WatchEvent<T extends KubeObject> {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  object: T;
  version: string;
}

export interface WatchOptions {
  transport: Transport;
  selection: Selection;
  /** Events after this version. */
  resourceVersion: string;
  /** Seconds after which the server ends the watch. */
  timeoutSeconds: number;
  clock: Clock;
  signal: AbortSignal;
}

/**
 * The events of one watch, until the server ends it.
 * @throws KubeError for a refused watch, a broken or silent connection, a line that is no event, and an ERROR event (410 among them)
 */
export async function* watchEvents<T extends KubeObject>(options: WatchOptions): AsyncGenerator<WatchEvent<T>> {
  const silence = new AbortController();
  const request = watchRequest(options, AbortSignal.any([options.signal, silence.signal]));
  const watchdog = watchSilence(options.clock, () =>
    silence.abort(new KubeError('kube-timeout', `The watch of ${options.selection.resource.plural} went silent.`)),
  );
  try {
    const chunks = await options.transport.stream(request);
    for await (const line of splitLines(heard(chunks, watchdog.heard))) {
      yield parseEvent<T>(line);
    }
  } catch (cause) {
    throw toNetworkError(request, silence.signal.aborted ? silence.signal.reason : cause);
  } finally {
    watchdog.stop();
    // Whoever stops reading early leaves no open request behind.
    silence.abort();
  }
}

function watchRequest({ selection, resourceVersion, timeoutSeconds }: WatchOptions, signal: AbortSignal): ApiRequest {
  return {
    method: 'GET',
    path: collectionPath(selection.resource, selection.namespace),
    query: { ...selectors(selection), watch: true, allowWatchBookmarks: true, resourceVersion, timeoutSeconds },
    signal,
  };
}

async function* heard(chunks: AsyncIterable<Uint8Array>, onChunk: () => void): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    onChunk();
    yield chunk;
  }
}

/** Calls `onSilence` once nothing was heard for the idle limit. */
function watchSilence(clock: Clock, onSilence: () => void): { heard(): void; stop(): void } {
  let lastAt = clock.now();
  let cancel = clock.setTimer(IDLE_LIMIT_MS, check);
  function check(): void {
    const left = lastAt + IDLE_LIMIT_MS - clock.now();
    if (left <= 0) onSilence();
    else cancel = clock.setTimer(left, check);
  }
  return {
    heard() {
      lastAt = clock.now();
    },
    stop: () => cancel(),
  };
}

const TYPES = new Set(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK']);

/** @throws KubeError */
function parseEvent<T extends KubeObject>(line: string): WatchEvent<T> {
  const { type, object } = parseLine(line);
  if (type === 'ERROR') {
    const { code, reason, message } = object as { code?: number; reason?: string; message?: string };
    throw new KubeError('kube-status', `The API server ended a watch: ${message ?? 'no reason given'}`, {
      status: Number(code ?? 0),
      reason: String(reason ?? ''),
    });
  }
  const version = (object as KubeObject).metadata?.resourceVersion;
  if (!TYPES.has(String(type)) || typeof version !== 'string') {
    throw new KubeError('kube-malformed', 'A watch line is not an event of an object: is this an API server?');
  }
  return { type, object, version } as WatchEvent<T>;
}

function parseLine(line: string): { type?: unknown; object: object } {
  try {
    const parsed = JSON.parse(line) as { type?: unknown; object?: unknown } | null;
    const object = parsed?.object;
    return { type: parsed?.type, object: typeof object === 'object' && object !== null ? object : {} };
  } catch (cause) {
    throw new KubeError('kube-malformed', 'A watch line is not JSON: is this an API server?', { cause });
  }
}
