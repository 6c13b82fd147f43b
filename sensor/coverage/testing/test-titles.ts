import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { kernelCases } from '../../kernels/cases.ts';

const sensor = join(import.meta.dirname, '../..');

/** Of every test of the sensor: those of the kernels by running their list, the others as they stand in the source. */
export function testTitles(): Set<string> {
  const titles = new Set(kernelCases.map(({ title }) => title));
  for (const file of globSync('**/*.test.ts', { cwd: sensor })) {
    const source = readFileSync(join(sensor, file), 'utf8');
    for (const [, single, double] of source.matchAll(/^test\(\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"),/gm))
      titles.add((single ?? double ?? '').replaceAll("\\'", "'"));
  }
  return titles;
}
