import { text } from 'node:stream/consumers';
import { parseDoctor } from './doctor-report.ts';
import { raiseBudget } from './instructions.ts';

// A line for each kernel: what `probe doctor` said of it.
for (const line of (await text(process.stdin)).split('\n')) if (line !== '') raiseBudget(parseDoctor(line).programs);
