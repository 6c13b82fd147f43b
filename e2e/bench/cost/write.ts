import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { document } from './document.ts';
import type { Measured } from './measure.ts';
import { workloads } from './workloads.ts';

/** `write.ts FILE`: the tables of what lies in out/bench. */
const [file] = process.argv.slice(2);
if (file === undefined) throw new Error('Name the file to write: write.ts docs/benchmarks.md');
const out = resolve(import.meta.dirname, '../../../out/bench');
const measured = workloads
  .map(({ name }) => join(out, `${name}.json`))
  .filter((path) => existsSync(path))
  .map((path) => JSON.parse(readFileSync(path, 'utf8')) as Measured);
if (measured.length === 0) throw new Error('Nothing was measured yet: run npm run bench first');
writeFileSync(file, document(measured));
