/** Values by their path, such as `matrix.os`; `undefined`: not known. */
export type KnownValues = (path: string) => string | undefined;

/** Replaces `${{ a.b }}` where the value is known; every other expression stands as written. */
export function resolveExpressions(text: string, values: KnownValues): string {
  return text.replace(/\$\{\{\s*([A-Za-z_][\w-]{0,63}\.[A-Za-z_][\w-]{0,63})\s*\}\}/g, (whole, path: string) => {
    return values(path) ?? whole;
  });
}

/** The known entries of one context, `matrix` or `env`: scalars that are no expressions themselves. */
export function valuesOf(context: string, entries: Readonly<Record<string, unknown>>): KnownValues {
  const values = new Map<string, string>();
  for (const [key, value] of Object.entries(entries)) {
    const text = scalar(value);
    if (text !== null && !text.includes('${{')) values.set(`${context}.${key}`, text);
  }
  return (path) => values.get(path);
}

/** The first that knows. */
export function either(...sources: readonly KnownValues[]): KnownValues {
  return (path) => {
    for (const source of sources) {
      const value = source(path);
      if (value !== undefined) return value;
    }
    return undefined;
  };
}

function scalar(value: unknown): string | null {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : null;
}
