import { appendFileSync } from 'node:fs';

interface TestEvent {
  type: string;
  data: {
    file?: string;
    counts?: { passed: number; failed: number; cancelled: number; skipped: number; todo: number };
  };
}

/**
 * A reporter for `node --test` that appends one line `passed failed skipped` for the whole run to the file named by CHAPERONE_TALLY,
 * so that a run of several suites can end with one count.
 */
export default async function* tally(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const event of source) {
    const counts = event.data.counts;
    // A summary comes for every file and once, without a file, for the run.
    if (event.type !== 'test:summary' || event.data.file !== undefined || counts === undefined) continue;
    const failed = counts.failed + counts.cancelled;
    yield `${counts.passed} passed, ${failed} failed, ${counts.skipped + counts.todo} skipped\n`;
    if (process.env.CHAPERONE_TALLY) {
      appendFileSync(process.env.CHAPERONE_TALLY, `${counts.passed} ${failed} ${counts.skipped + counts.todo}\n`);
    }
  }
}
