import { parse } from 'yaml';

export type Fields = Readonly<Record<string, unknown>>;

/** The fields of a YAML document, none where it cannot be parsed. Anchors and merge keys as act knows them; aliases are bounded by the library. */
export function parseFields(text: string): Fields {
  try {
    return fieldsOf(parse(text, { logLevel: 'silent', merge: true }));
  } catch {
    return {};
  }
}

export function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
