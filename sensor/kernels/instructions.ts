import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** No program may come near the million at which a kernel refuses it: kernels differ, and so do their verifiers. */
const most = 50_000;

const file = join(import.meta.dirname, 'instructions.json');

/** By program: how many instructions any kernel's verifier may walk. */
function readBudget(): Record<string, number> {
  return JSON.parse(readFileSync(file, 'utf8')) as Record<string, number>;
}

/** A sentence for each program that takes more than the committed budget gives it. */
export function overBudget(programs: Readonly<Record<string, number>>): string[] {
  const budget = readBudget();
  return Object.entries(programs)
    .filter(([name, count]) => count > Math.min(budget[name] ?? 0, most))
    .map(([name, count]) => {
      const limit = budget[name] === undefined ? 'has no budget' : `may take ${Math.min(budget[name], most)}`;
      return `${name} takes ${count} verified instructions and ${limit}; if that is meant, run sensor/kernels/budget`;
    });
}

/** Gives half as much again as was measured, since verifiers differ by a third, to each program that has no budget or is over it. */
export function raiseBudget(programs: Readonly<Record<string, number>>): void {
  const budget = readBudget();
  for (const [name, count] of Object.entries(programs))
    if (count > (budget[name] ?? 0)) budget[name] = Math.min(most, Math.ceil((count * 1.5) / 100) * 100);
  const sorted = Object.entries(budget).sort(([one], [other]) => (one < other ? -1 : 1));
  writeFileSync(file, `${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`);
}
