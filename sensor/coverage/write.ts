import { renderCoverage } from './render.ts';
import { coverageTable } from './table.ts';

process.stdout.write(renderCoverage(coverageTable));
