import { fileRows } from './file-rows.ts';
import { nameRows } from './name-rows.ts';
import { networkRows } from './network-rows.ts';
import { processRows } from './process-rows.ts';
import { reachRows } from './reach-rows.ts';
import type { CoverageRow } from './row.ts';

/** What the sensor sees, and what it does not: the one source of docs/coverage.md, held to tests that exist. */
export const coverageTable: readonly CoverageRow[] = [
  ...processRows,
  ...networkRows,
  ...nameRows,
  ...fileRows,
  ...reachRows,
];
