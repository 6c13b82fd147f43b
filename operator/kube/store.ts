import type { KubeObject } from './objects.ts';

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
