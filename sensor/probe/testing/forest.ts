import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { scratchFolder } from './actor.ts';

/** A process of a forest, as whoever forked it wrote it down. */
export interface Birth {
  readonly tree: number;
  readonly step: number;
  readonly pid: number;
  readonly process: string;
  /** The image that it inherits. */
  readonly image: string;
}

/** An executed image, as it wrote itself down. */
export interface Executed extends Birth {
  /** The image before it, of the same process or of the one that forked it; `null` for a runner. */
  readonly before: string | null;
  /** The process had executed before. */
  readonly replaces: boolean;
}

export interface Ending extends Birth {
  readonly code: number;
  readonly signal: number;
}

/** What a forest wrote down of itself. */
export interface Forest {
  readonly births: readonly Birth[];
  readonly images: readonly Executed[];
  readonly endings: readonly Ending[];
}

/** Steps from here on are the runner's own programs, of no step. */
export const ownPrograms = 1000;

const folder = join(scratchFolder, 'forest');

/** The command that grows trees, their records going to `records`. */
export function growForest({ seed, trees, records }: { seed: bigint; trees: number; records: string }): string[] {
  compileForest();
  return [join(folder, 'forest'), `${seed}`, '1', `${trees}`, '6', records];
}

let isCompiled = false;

function compileForest(): void {
  if (isCompiled) return;
  isCompiled = true;
  const program = join(folder, 'forest');
  mkdirSync(folder);
  const source = join(import.meta.dirname, 'forest.c');
  execFileSync('gcc', ['-O1', '-Wall', '-Wextra', '-Werror', '-static', '-pthread', source, '-o', program]);
  for (const name of ['Runner.Worker', 'alpha', 'beta', 'gamma']) linkSync(program, join(folder, name));
  writeFileSync(join(folder, 'delta'), `#!${join(folder, 'alpha')}\n`, { mode: 0o755 });
}

const kinds = { born: 1, executed: 2, ending: 3 };
const headBytes = 64;
const recordBytes = 56;

/** Reads the records of forest.c. */
export function readForest(file: Buffer): Forest {
  const count = Number(file.readBigUInt64LE(0));
  const records = Array.from({ length: count }, (_, i) => readRecord(file, headBytes + i * recordBytes));
  const of = (kind: number) => records.filter((record) => record.kind === kind);
  return { births: of(kinds.born), images: of(kinds.executed), endings: of(kinds.ending) };
}

function readRecord(file: Buffer, at: number): Executed & Ending & { kind: number } {
  const hex = (offset: number) =>
    file
      .readBigUInt64LE(at + offset)
      .toString(16)
      .padStart(16, '0');
  const before = hex(32);
  return {
    kind: file.readUInt32LE(at),
    tree: file.readUInt32LE(at + 4),
    step: file.readUInt32LE(at + 8),
    pid: file.readUInt32LE(at + 12),
    process: hex(16),
    image: hex(24),
    before: before === '0'.repeat(16) ? null : before,
    code: file.readInt32LE(at + 40),
    signal: file.readInt32LE(at + 44),
    replaces: file.readUInt32LE(at + 48) === 1,
  };
}
