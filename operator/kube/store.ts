import { ChaperoneError } from '../../crds/errors.ts';
import { type KubeObject, keyOf } from './objects.ts';

/** One change of a store, told to its handlers in the order it happened. */
export type Change<T extends KubeObject> =
  | { type: 'added'; object: T }
  | { type: 'modified'; object: T; previous: T }
  | { type: 'deleted'; object: T };

/** Gives the values under which an object is found by `byIndex`. */
export type Indexer<T extends KubeObject> = (object: T) => readonly string[];

/** A local copy of a part of the API, kept by a reflector. Objects are frozen to the bottom. */
export interface Store<T extends KubeObject> {
  /** By `namespace/name`, or `name` for cluster-scoped kinds. */
  get(key: string): T | undefined;
  list(): readonly T[];
  /** Objects for which the indexer of this name gave `value`. Throws for an index that was not declared. */
  byIndex(index: string, value: string): readonly T[];
  /** True once the first full list is in. */
  hasSynced(): boolean;
  /** Calls the handler for each later change, and at once with `added` for what is there. Returns a function that ends it. */
  onChange(handler: (change: Change<T>) => void): () => void;
}

/** The side of a store that its reflector writes. */
export interface MutableStore<T extends KubeObject> extends Store<T> {
  /** Makes the store equal to this list: whatever is not in it is gone. */
  replace(items: readonly T[]): void;
  /** Puts an object in; one of the same name and another UID was deleted in between. */
  put(object: T): void;
  remove(object: T): void;
}

export interface StoreOptions<T extends KubeObject> {
  indexers?: Record<string, Indexer<T>>;
  /** Told what a handler threw; the other handlers are called all the same. */
  onHandlerError: (error: unknown, change: Change<T>) => void;
}

/** Makes an empty store. */
export function createStore<T extends KubeObject>({ indexers = {}, onHandlerError }: StoreOptions<T>): MutableStore<T> {
  const objects = new Map<string, T>();
  const indexes = new Map(Object.entries(indexers).map(([name, indexer]) => [name, createIndex(indexer)]));
  const handlers = new Set<(change: Change<T>) => void>();
  let synced = false;

  function tell(handler: (change: Change<T>) => void, change: Change<T>): void {
    try {
      handler(change);
    } catch (error) {
      onHandlerError(error, change);
    }
  }

  function set(key: string, object: T | undefined): void {
    const previous = objects.get(key);
    if (object === undefined) objects.delete(key);
    else objects.set(key, object);
    for (const index of indexes.values()) index.move(key, previous, object);
    const change = describeChange(previous, object);
    if (change !== undefined) for (const handler of handlers) tell(handler, change);
  }

  function put(given: T): void {
    const key = keyOf(given);
    const previous = objects.get(key);
    if (previous !== undefined && previous.metadata.uid !== given.metadata.uid) set(key, undefined);
    else if (previous?.metadata.resourceVersion === given.metadata.resourceVersion && previous !== undefined) return;
    set(key, deepFreeze(given));
  }

  return {
    get: (key) => objects.get(key),
    list: () => [...objects.values()],
    byIndex: (name, value) => lookUp(indexes, name, value).flatMap((key) => objects.get(key) ?? []),
    hasSynced: () => synced,
    onChange(handler) {
      for (const object of objects.values()) tell(handler, { type: 'added', object });
      handlers.add(handler);
      return () => handlers.delete(handler);
    },
    replace(items) {
      const kept = new Set(items.map(keyOf));
      for (const key of [...objects.keys()]) if (!kept.has(key)) set(key, undefined);
      for (const item of items) put(item);
      synced = true;
    },
    put,
    remove: (object) => set(keyOf(object), undefined),
  };
}

function describeChange<T extends KubeObject>(previous: T | undefined, object: T | undefined): Change<T> | undefined {
  if (object === undefined) return previous === undefined ? undefined : { type: 'deleted', object: previous };
  return previous === undefined ? { type: 'added', object } : { type: 'modified', object, previous };
}

interface Index<T extends KubeObject> {
  keys(value: string): readonly string[];
  move(key: string, previous: T | undefined, object: T | undefined): void;
}

function createIndex<T extends KubeObject>(indexer: Indexer<T>): Index<T> {
  const keysByValue = new Map<string, Set<string>>();
  const valuesOf = (object: T | undefined): readonly string[] => (object === undefined ? [] : indexer(object));

  function leave(key: string, value: string): void {
    const keys = keysByValue.get(value);
    keys?.delete(key);
    if (keys?.size === 0) keysByValue.delete(value);
  }

  function enter(key: string, value: string): void {
    keysByValue.set(value, (keysByValue.get(value) ?? new Set<string>()).add(key));
  }

  return {
    keys: (value) => [...(keysByValue.get(value) ?? [])],
    move(key, previous, object) {
      for (const value of valuesOf(previous)) leave(key, value);
      for (const value of valuesOf(object)) enter(key, value);
    },
  };
}

function lookUp<T extends KubeObject>(indexes: Map<string, Index<T>>, name: string, value: string): readonly string[] {
  const index = indexes.get(name);
  if (index === undefined) throw new ChaperoneError('store-no-index', `The store has no index ${name}: declare it.`);
  return index.keys(value);
}

/** Freezes parsed JSON to the bottom: what comes out of a store is shared by all its readers. */
function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of Object.values(value)) deepFreeze(part);
  }
  return value;
}
