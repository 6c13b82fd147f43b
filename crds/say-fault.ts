import type * as z from 'zod';

/** What to write instead of a value that does not fit, for zod's `error`; where a schema has a message of its own, that one is said. */
export function sayFault(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === 'invalid_type')
    return issue.input === undefined ? 'it is missing: write it' : `write ${kinds[issue.expected] ?? issue.expected}`;
  if (issue.code === 'invalid_value') return `write ${issue.values.map(String).join(' or ')}`;
  if (issue.code === 'too_small') return `write ${sizeOf(issue.origin, `at least ${issue.minimum}`)}`;
  if (issue.code === 'too_big') return `write ${sizeOf(issue.origin, `at most ${issue.maximum}`)}`;
  return undefined;
}

const kinds: Readonly<Record<string, string>> = {
  object: 'fields and their values',
  record: 'names and their values',
  array: 'a list',
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
};

function sizeOf(origin: string, bound: string): string {
  if (origin === 'string') return `${bound} characters`;
  return origin === 'array' ? `a list of ${bound}` : `a number, ${bound}`;
}
