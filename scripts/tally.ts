import { appendFileSync } from 'node:fs';
import { relative } from 'node:path';

type TestEvent =
  | {
      type: 'test:summary';
      data: {
        file?: string;
        counts: { passed: number; failed: number; cancelled: number; skipped: number; todo: number };
      };
    }
  | { type: 'test:fail'; data: FailedTest };

interface FailedTest {
  name: string;
  file?: string;
  line?: number;
  details: { error: Error & { failureType?: string; cause?: unknown } };
}

/**
 * A reporter for `node --test` that ends with the count of the whole run. For a run of several suites it also appends to the file named by
 * CHAPERONE_TALLY: one line `passed failed skipped`, and for each test that failed its title, its place and the beginning of what it says.
 */
export default async function* tally(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const event of source) {
    if (event.type === 'test:fail') note(failureText(event.data));
    // A summary comes for every file and once, without a file, for the run.
    if (event.type !== 'test:summary' || event.data.file !== undefined) continue;
    const { counts } = event.data;
    const failed = counts.failed + counts.cancelled;
    yield `${counts.passed} passed, ${failed} failed, ${counts.skipped + counts.todo} skipped\n`;
    note(`${counts.passed} ${failed} ${counts.skipped + counts.todo}\n`);
  }
}

function note(text: string): void {
  if (process.env.CHAPERONE_TALLY) appendFileSync(process.env.CHAPERONE_TALLY, text);
}

/** Nothing of a suite that failed by its tests alone. */
function failureText({ name, file = '', line = 0, details: { error } }: FailedTest): string {
  if (error.failureType === 'subtestsFailed') return '';
  const said = error.cause instanceof Error ? error.cause.message : String(error.cause ?? error.message);
  const lines = said.slice(0, maxText).split('\n').slice(0, maxLines);
  return `✖ ${name} (${relative(process.cwd(), file)}:${line})\n${lines.map((text) => `    ${text}\n`).join('')}`;
}

const maxText = 2_000;
const maxLines = 20;
