import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

/** One file of `crds/examples`: a policy, and for a bad one the field at which it is refused and what the answer says. */
export interface Example {
  name: string;
  policy: unknown;
  refusedAt: string;
  says: string;
}

export function readExamples(kind: 'good' | 'bad'): Example[] {
  const folder = join(import.meta.dirname, '../examples', kind);
  return readdirSync(folder).map((file) => {
    const text = readFileSync(join(folder, file), 'utf8');
    return {
      name: file.replace('.yaml', ''),
      policy: parse(text),
      refusedAt: comment(text, 'refused at'),
      says: comment(text, 'says'),
    };
  });
}

function comment(text: string, key: string): string {
  return new RegExp(`^# ${key}:[ \t]*(.*)$`, 'm').exec(text)?.[1] ?? '';
}
