import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readTrace } from './jaeger.ts';

/** Keeps a story's trace as Jaeger has it in `out/stories/STORY.json`, for `chaperone report` and for pictures. */
export async function keepTrace(story: string, traceId: string): Promise<void> {
  const folder = join(import.meta.dirname, '../../out/stories');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${story}.json`), `${JSON.stringify({ result: await readTrace(traceId) })}\n`);
}
