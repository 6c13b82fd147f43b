import { dialects } from './dialects.ts';
import { readTellings } from './otlp.ts';
import type { Dialect, Signal, Telling, Word } from './word.ts';

/** Words of one request; what a batch has beyond them is not kept. */
const maxWords = 1_024;

/** The words in the body of a request; of somebody who is no agent (`null`) those in any agent's way of speaking. `null`: it is no JSON. */
export function readWords(body: Buffer, signal: Signal, dialect: Dialect | null): Word[] | null {
  const json = parse(body);
  if (json === undefined) return null;
  const tellings = readTellings(json, signal);
  const read = (one: Dialect) => (one.signal === signal ? wordsIn(one, tellings) : []);
  return (dialect === null ? [...dialects.values()] : [dialect]).flatMap(read).slice(0, maxWords);
}

function wordsIn(dialect: Dialect, tellings: readonly Telling[]): Word[] {
  return dialect.read(tellings).filter((word) => word.kind === 'answer' || word.tool !== '');
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString()) as unknown;
  } catch {
    return undefined;
  }
}
