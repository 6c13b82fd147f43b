/** More steps, variables and pairs than this are not read. */
export const maxSteps = 1_000;
/** Longer texts are cut. */
export const maxName = 1_024;

/** The fields of an object in lower case, since serialisers differ in that; none for anything else. */
export function fields(value: unknown): Record<string, unknown> {
  const result: Record<string, unknown> = Object.create(null);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return result;
  for (const [key, content] of Object.entries(value)) result[key.toLowerCase()] = content;
  return result;
}

/** The list, `null` for anything else. */
export function list(value: unknown): unknown[] | null {
  return Array.isArray(value) ? value : null;
}

/** The text, empty for anything else. */
export function string(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, maxName) : '';
}
