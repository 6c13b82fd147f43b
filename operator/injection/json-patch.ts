import { isDeepStrictEqual } from 'node:util';
import type { Json, JsonObject } from '../../crds/canonical-json.ts';
import { isObject } from './raw-pod.ts';

/** RFC 6902, the three operations that we need. */
export type JsonPatch = JsonPatchOperation[];
export type JsonPatchOperation = { op: 'add' | 'replace'; path: string; value: Json } | { op: 'remove'; path: string };

/** The operations that turn one object into the other: member by member; a list that differs is replaced as a whole. */
export function diffObjects(before: JsonObject, after: JsonObject, path = ''): JsonPatch {
  const removed = Object.keys(before).filter((key) => after[key] === undefined);
  return [
    ...removed.map((key): JsonPatchOperation => ({ op: 'remove', path: pointer(path, key) })),
    ...Object.entries(after).flatMap(([key, value]) => diffMember(before[key], value, pointer(path, key))),
  ];
}

function diffMember(before: Json | undefined, after: Json, path: string): JsonPatch {
  if (before === undefined) return [{ op: 'add', path, value: after }];
  if (isDeepStrictEqual(before, after)) return [];
  return isObject(before) && isObject(after)
    ? diffObjects(before, after, path)
    : [{ op: 'replace', path, value: after }];
}

/** RFC 6901: `~` and `/` inside a member's name are written `~0` and `~1`. */
function pointer(path: string, key: string): string {
  return `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}
