import { rename, rm, writeFile } from 'node:fs/promises';

/** Writes a file that appears whole or not at all, in place of what has the name: a link is not followed, and a pipe not waited for. */
export async function writeWholeFile(path: string, content: string | Iterable<string>): Promise<void> {
  const unfinished = `${path}.${process.pid}.tmp`;
  try {
    await rm(unfinished, { force: true });
    await writeFile(unfinished, content, { flag: 'wx' });
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}
