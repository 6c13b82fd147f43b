import { isUtf8 } from 'node:buffer';
import { posix } from 'node:path';
import { fields } from './fields.ts';
import type { FileEvent, FileOperation } from './file-events.ts';
import {
  fileEventSize,
  fileOp,
  fileSource,
  frameFlag,
  type RawEventHeader,
  type RawFileEvent,
  readFileEvent,
} from './layout.gen.ts';

const operations = new Map<number, FileOperation>([
  [fileOp.create, 'create'],
  [fileOp.write, 'write'],
  [fileOp.read, 'read'],
  [fileOp.rename, 'rename'],
  [fileOp.delete, 'delete'],
  [fileOp.mkdir, 'mkdir'],
  [fileOp.link, 'link'],
  [fileOp.symlink, 'symlink'],
  [fileOp.truncate, 'truncate'],
  [fileOp.chmod, 'chmod'],
  [fileOp.uring, 'uring'],
]);

const sources = new Map<number, FileEvent['source']>([
  [fileSource.none, 'none'],
  [fileSource.file, 'file'],
  [fileSource.argument, 'argument'],
]);

/** IORING_OP_… of linux/io_uring.h: the requests that name files. */
const requests = new Map([
  [18, 'openat'],
  [28, 'openat2'],
  [35, 'renameat'],
  [36, 'unlinkat'],
  [37, 'mkdirat'],
  [38, 'symlinkat'],
  [39, 'linkat'],
]);

/** RENAME_EXCHANGE of renameat2(2): two files change places. */
const exchangeFlag = 2;

export function decodeFile(frame: Buffer, view: DataView, header: RawEventHeader): FileEvent | 'malformed' {
  if (frame.length < fileEventSize) return 'malformed';
  const raw = readFileEvent(view, 0);
  const operation = operations.get(raw.op);
  const source = sources.get(raw.source);
  const paths = readPaths(frame, raw);
  if (operation === undefined || source === undefined || paths === null) return 'malformed';
  return {
    ...fields(header),
    kind: 'file',
    operation: operation === 'rename' && (raw.flags & exchangeFlag) !== 0 ? 'exchange' : operation,
    source,
    ...paths,
    pathTruncated: (header.flags & frameFlag.pathTruncated) !== 0,
    file: raw.ino === 0n ? '' : `${raw.dev >>> 20}:${raw.dev & 0xfffff}-${raw.ino}`,
    mode: raw.mode,
    count: Number(raw.count),
    request: operation === 'uring' ? (requests.get(raw.flags) ?? '') : '',
  };
}

/** Null if the lengths do not fit the frame. */
function readPaths(frame: Buffer, raw: RawFileEvent): { path: string; path2: string } | null {
  const dir = fileEventSize + raw.dirLen;
  const path = dir + raw.pathLen;
  const dir2 = path + raw.dir2Len;
  const path2 = dir2 + raw.path2Len;
  if (path2 > frame.length) return null;
  const part = (from: number, to: number) => nameText(frame.subarray(from, to));
  return {
    path: joined(part(fileEventSize, dir), part(dir, path)),
    path2: joined(part(path, dir2), part(dir2, path2)),
  };
}

function joined(dir: string, path: string): string {
  if (dir === '' || path === '') return dir || path;
  return posix.normalize(`${dir}/${path.replace(throughDescriptor, '')}`);
}

/** How a path names the folder that the kernel gives beside it. */
const throughDescriptor = /^\/(?:proc\/self|dev)\/fd\/\d+\//;

/** A name is bytes: what is no UTF-8 is escaped byte by byte, so that two names never look the same. */
export function nameText(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString();
  return bytes.toString('latin1').replace(/[\x80-\xff]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16)}`);
}
