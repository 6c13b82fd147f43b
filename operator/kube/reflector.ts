import type { Clock } from '../runtime/clock.ts';
import { sleep } from '../runtime/clock.ts';
import { createBackoff } from './backoff.ts';
import { isExpired, KubeError } from './errors.ts';
import { listAll, type Selection } from './listing.ts';
import type { KubeObject } from './objects.ts';
import { createStore, type Indexer, type MutableStore, type Store } from './store.ts';
import type { Transport } from './transport.ts';
import { type WatchEvent, watchEvents } from './watching.ts';

/** A watch that ended well sooner than this counts as a fault, so that a server that ends each at once is not stormed. */
const SHORT_WATCH_MS = 1000;
/** A list anew now and then, however well the watch seems to go (client-go's SyncPeriod). */
const RELIST_AFTER_MS = 10 * 3600 * 1000;

export interface ReflectorOptions<T extends KubeObject> {
  transport: Transport;
  selection: Selection;
  clock: Clock;
  /** Between 0 and 1, for jitter. */
  random: () => number;
  indexers?: Record<string, Indexer<T>>;
  /** Takes away what nobody reads before the object is kept; managedFields always go. */
  prune?: (object: T) => T;
  /** Told of each fault that the reflector heals, and of what a store's handler threw. */
  onError: (error: unknown) => void;
}

/** Keeps a store equal to a part of the API: lists, watches, and heals every fault by itself. */
export interface Reflector<T extends KubeObject> {
  readonly store: Store<T>;
  /** Resolves when the first full list is in, or the reflector was stopped before that. Never rejects. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Makes a reflector; nothing is sent before `start`. */
export function createReflector<T extends KubeObject>(options: ReflectorOptions<T>): Reflector<T> {
  const store = createStore<T>({
    ...(options.indexers === undefined ? {} : { indexers: options.indexers }),
    onHandlerError: options.onError,
  });
  const abort = new AbortController();
  const { promise: synced, resolve: onSynced } = Promise.withResolvers<void>();
  let loop: Promise<void> | undefined;
  return {
    store,
    start() {
      loop ??= reflect(options, { store, onSynced, signal: abort.signal }).finally(onSynced);
      return synced;
    },
    async stop() {
      abort.abort();
      await loop;
    },
  };
}

interface Target<T extends KubeObject> {
  store: MutableStore<T>;
  onSynced: () => void;
  signal: AbortSignal;
}

/** Where the copy stands: the version of the last event, undefined when a list is due. */
interface Position {
  version: string | undefined;
  listedAt: number;
}

async function reflect<T extends KubeObject>(options: ReflectorOptions<T>, target: Target<T>): Promise<void> {
  const { clock, random } = options;
  const backoff = createBackoff(clock, random);
  const position: Position = { version: undefined, listedAt: 0 };
  while (!target.signal.aborted) {
    const wentWell = await attempt(options, target, position);
    if (!wentWell) await sleep(clock, backoff.next(), target.signal);
  }
}

/** One list and watch. False when the next one has to wait. */
async function attempt<T extends KubeObject>(
  options: ReflectorOptions<T>,
  target: Target<T>,
  position: Position,
): Promise<boolean> {
  const startedAt = options.clock.now();
  try {
    await listAndWatch(options, target, position);
    return options.clock.now() - startedAt >= SHORT_WATCH_MS;
  } catch (error) {
    if (mustRelist(error)) position.version = undefined;
    if (!target.signal.aborted) options.onError(error);
    return false;
  }
}

/** Errors after which a watch cannot go on from where it was. */
function mustRelist(error: unknown): boolean {
  return isExpired(error) || (error instanceof KubeError && error.code === 'kube-malformed');
}

/** Lists if that is due, then applies one watch's events, strictly in order, until the watch ends. */
async function listAndWatch<T extends KubeObject>(
  options: ReflectorOptions<T>,
  target: Target<T>,
  position: Position,
): Promise<void> {
  const { transport, selection, clock, random } = options;
  if (clock.now() - position.listedAt > RELIST_AFTER_MS) position.version = undefined;
  position.version ??= await list(options, target, position);
  const events = watchEvents<T>({
    transport,
    selection,
    resourceVersion: position.version,
    timeoutSeconds: Math.round(240 + 240 * random()),
    clock,
    signal: target.signal,
  });
  for await (const event of events) {
    if (isDuplicate(event, position.version)) continue;
    applyEvent(target.store, event, options.prune);
    position.version = event.version;
  }
}

/** Lists into the store, which keeps its old content until the whole list is in. Returns the list's version. */
async function list<T extends KubeObject>(
  { transport, selection, clock, prune }: ReflectorOptions<T>,
  { store, onSynced, signal }: Target<T>,
  position: Position,
): Promise<string> {
  const { items, resourceVersion } = await listAll<T>(transport, selection, {
    signal,
    trim: (item) => trim(item, prune),
  });
  store.replace(items);
  position.listedAt = clock.now();
  onSynced();
  return resourceVersion;
}

/**
 * Events of one watch come in the order of their versions. The same version again is a repeated event; a lower one means that the stream lies.
 * @throws KubeError `kube-malformed` for an event out of order
 */
function isDuplicate<T extends KubeObject>(event: WatchEvent<T>, after: string): boolean {
  if (!isDecimal(event.version) || !isDecimal(after) || BigInt(event.version) > BigInt(after)) return false;
  if (event.version === after) return event.type !== 'BOOKMARK';
  throw new KubeError('kube-malformed', `A watch event of version ${event.version} came after ${after}.`);
}

function isDecimal(version: string): boolean {
  return /^\d{1,20}$/.test(version);
}

function applyEvent<T extends KubeObject>(
  store: MutableStore<T>,
  { type, object }: WatchEvent<T>,
  prune: ReflectorOptions<T>['prune'],
): void {
  if (type === 'BOOKMARK') return;
  if (type === 'DELETED') store.remove(object);
  else store.put(trim(object, prune));
}

function trim<T extends KubeObject>(object: T, prune: ReflectorOptions<T>['prune']): T {
  const { managedFields: _, ...metadata } = object.metadata as T['metadata'] & { managedFields?: unknown };
  const lean = { ...object, metadata };
  return prune === undefined ? lean : prune(lean);
}
