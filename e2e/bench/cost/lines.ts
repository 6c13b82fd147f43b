import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

/** How many lines of a file look like this. */
export async function countLines(file: string, pattern: RegExp): Promise<number> {
  let count = 0;
  for await (const line of createInterface({ input: createReadStream(file) })) if (pattern.test(line)) count += 1;
  return count;
}
