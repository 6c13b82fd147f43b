import { posix } from 'node:path';

/** `./a/` is `a`; `./` is the repository itself, the empty string. */
export function folderOf(localUses: string): string {
  return posix.normalize(`${localUses}/`).replace(/^\.?\/|\/$/g, '');
}
