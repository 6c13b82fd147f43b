import type { FileEvent } from '../decode/file-events.ts';
import { isChange } from '../files/file-totals.ts';

/** The path that has other content after a change; `null` where nothing was changed, or it is not known what. */
export function changedPath({ operation, path, path2 }: FileEvent): string | null {
  if (!isChange(operation) || operation === 'mkdir' || path === '') return null;
  return operation === 'rename' || operation === 'exchange' ? path2 || null : path;
}

/** The part of a path below a folder; `null` where it lies elsewhere. */
export function partBelow(path: string, folder: string | null): string | null {
  if (folder === null || path.charCodeAt(folder.length) !== slash || !path.startsWith(folder)) return null;
  return path.slice(folder.length + 1);
}

const slash = 47;

/** The path that what was there is moved away from, or that gets a second name under which it can be changed unseen; else null. */
export function widowedPath({ operation, path, path2 }: FileEvent): string | null {
  if (operation === 'rename' || operation === 'exchange') return path || null;
  return operation === 'link' ? path2 || null : null;
}
