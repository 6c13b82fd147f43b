import type { Json, JsonObject } from '../../crds/canonical-json.ts';

/** The member as an object; empty where it is missing or something else. */
export function objectAt(parent: JsonObject, key: string): JsonObject {
  const value = parent[key];
  return isObject(value) ? value : {};
}

/** The objects of the list; empty where it is missing or something else. */
export function objectsAt(parent: JsonObject, key: string): JsonObject[] {
  const value = parent[key];
  return Array.isArray(value) ? value.filter(isObject) : [];
}

export function named(items: readonly JsonObject[], name: string): JsonObject | undefined {
  return items.find((item) => item.name === name);
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
