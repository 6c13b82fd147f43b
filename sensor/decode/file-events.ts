import type { KernelEventFields } from './event-fields.ts';

/** What was done to a file; `uring`: a ring for requests was set up, which are not seen as system calls, or used for one that names files. */
export const fileOperations = [
  'create',
  'write',
  'read',
  'rename',
  'exchange',
  'delete',
  'mkdir',
  'link',
  'symlink',
  'truncate',
  'chmod',
  'uring',
] as const;

export type FileOperation = (typeof fileOperations)[number];

/** A file was changed, or one whose name may mean a secret was opened for reading. Each process tells of a file and operation once. */
export interface FileEvent extends KernelEventFields {
  readonly kind: 'file';
  readonly operation: FileOperation;
  /**
   * Where the path comes from. `file`: the kernel's open file, so what was really opened. `argument`: what the process asked for, in which links
   * are not followed. `none`: there is no path.
   */
  readonly source: 'file' | 'argument' | 'none';
  /** Absolute in the process's root; bytes that are no UTF-8 are given as `\\xff`. Of a link: the new name. */
  readonly path: string;
  /** Where it was renamed to, or what was linked; else empty. */
  readonly path2: string;
  /** A path lacks its first folders, or its end. */
  readonly pathTruncated: boolean;
  /** Device and inode, `254:1-4711`; empty where they are not known. */
  readonly file: string;
  /** As in stat(2); of `chmod` the new one. */
  readonly mode: number;
  /** 1; without a path, how often the process did this to files that it told of before. */
  readonly count: number;
  /** Of `uring`: what was asked for through the ring, such as `openat`; empty where it was only set up, and of all other operations. */
  readonly request: string;
}
