import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readTrace } from './jaeger.ts';

/** Keeps a story's trace as Jaeger has it in `out/stories/STORY.json`, for `chaperone report` and for pictures. */
export async function keepTrace(story: string, traceId: string): Promise<void> {
  const folder = join(import.meta.dirname, '../../out/stories');
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, `${story}.json`),
    `${JSON.stringify({ result: await readTrace(traceId) }, withoutRemarks)}\n`,
  );
}

/** What Jaeger itself remarks on a span is no part of what it was sent. */
function withoutRemarks(key: string, value: unknown): unknown {
  if (key !== 'attributes' || !Array.isArray(value)) return value;
  return value.filter((attribute: { key: string }) => !attribute.key.startsWith('@jaeger@'));
}
