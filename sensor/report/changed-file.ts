import { fileOperation, fileTarget } from '../../crds/attributes.ts';
import type { Attributes } from '../spans/finished-span.ts';

/** Which files a recorded change was of. */
export interface ChangedFile {
  readonly path: string;
  /** What `path` was renamed to or exchanged with; `null` for every other change. */
  readonly target: string | null;
}

/** Editors write beside a file and rename: the target is what they changed. That of a link stays as it is. */
const changesTarget: readonly string[] = ['rename', 'exchange'];

/** Of a `chaperone.file.change`. */
export function changedFile(attributes: Attributes): ChangedFile {
  const { 'file.path': path, [fileOperation]: operation, [fileTarget]: target } = attributes;
  const isChanged = typeof target === 'string' && changesTarget.includes(String(operation));
  return { path: String(path ?? ''), target: isChanged ? target : null };
}
