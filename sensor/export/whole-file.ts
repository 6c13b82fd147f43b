import { rename, rm, writeFile } from 'node:fs/promises';

/** Writes a file that appears whole or not at all. */
export async function writeWholeFile(path: string, content: string | Iterable<string>): Promise<void> {
  const unfinished = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(unfinished, content);
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}
