import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import type { Input } from '../script.ts';

/** What the model server saw and said, one JSON object a line in the order of time: the ground truth of a session's tool calls. */
export type Entry = { /** Milliseconds since 1970. */ at: number } & (
  | { kind: 'request'; method: string; path: string; headers: Record<string, unknown>; offered: string[] }
  | { kind: 'call'; conversation: string; turn: number; id: string; tool: string; input: Input }
  | { kind: 'result'; id: string; output: string }
  | { kind: 'done'; conversation: string }
  | { kind: 'drop'; conversation: string }
  | { kind: 'aside' }
  /** A request that no API of the model has, answered with 404. */
  | { kind: 'stray'; method: string; path: string }
);

export type WithoutTime<T> = T extends unknown ? Omit<T, 'at'> : never;

export function appendTo(file: string, now: () => number): (entry: WithoutTime<Entry>) => void {
  return (entry) => appendFileSync(file, `${JSON.stringify({ at: now(), ...entry })}\n`);
}

export function readRecord(file: string): Entry[] {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Entry]));
}
