import { decodeAccept, decodeClose, decodeConnect, decodeSocket, decodeUnix } from './decode-socket.ts';
import type { ExecEvent, ExitEvent, ForkEvent, ProbeEvent } from './events.ts';
import { fields, id, idOrNull } from './fields.ts';
import {
  eventHeaderSize,
  execEventSize,
  exitEventSize,
  forkEventSize,
  frameFlag,
  frameType,
  type RawEventHeader,
  type RawExecEvent,
  readEventHeader,
  readExecEvent,
  readExitEvent,
  readForkEvent,
} from './layout.gen.ts';
import { decodeFlushed, decodeHello, decodeStats } from './probe-words.ts';

/** An event, or why there is none: a frame of a type that this version does not know, or one whose bytes contradict themselves. */
export type Decoded = ProbeEvent | 'unknown' | 'malformed';

type Decoder = (frame: Buffer, view: DataView, header: RawEventHeader) => Decoded;

const decoders = new Map<number, Decoder>([
  [frameType.fork, decodeFork],
  [frameType.exec, decodeExec],
  [frameType.exit, decodeExit],
  [frameType.connect, decodeConnect],
  [frameType.close, decodeClose],
  [frameType.accept, decodeAccept],
  [frameType.socket, decodeSocket],
  [frameType.unix, decodeUnix],
  [frameType.hello, (frame) => decodeHello(body(frame))],
  [frameType.stats, (frame) => decodeStats(body(frame))],
  [frameType.flushed, (frame) => decodeFlushed(body(frame))],
]);

/** Decodes one frame as the splitter cut it. Never throws, whatever the bytes. */
export function decodeFrame(frame: Buffer): Decoded {
  if (frame.length < eventHeaderSize) return 'malformed';
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  const header = readEventHeader(view, 0);
  if (header.len !== frame.length) return 'malformed';
  return decoders.get(header.type)?.(frame, view, header) ?? 'unknown';
}

function decodeFork(frame: Buffer, view: DataView, header: RawEventHeader): ForkEvent | 'malformed' {
  if (frame.length < forkEventSize) return 'malformed';
  const fork = readForkEvent(view, 0);
  return {
    kind: 'fork',
    ...fields(header),
    childId: id(fork.childId),
    childPid: fork.childTgid,
    childNsPid: fork.childNsTgid,
    childRoot: idOrNull(fork.childRoot),
  };
}

function decodeExec(frame: Buffer, view: DataView, header: RawEventHeader): ExecEvent | 'malformed' {
  if (frame.length < execEventSize) return 'malformed';
  const exec = readExecEvent(view, 0);
  const parts = splitParts(frame, exec);
  if (parts === null) return 'malformed';
  const has = (flag: number) => (header.flags & flag) !== 0;
  return {
    kind: 'exec',
    ...fields(header),
    path: parts.path.toString(),
    filename: parts.filename.toString(),
    cwd: parts.cwd.toString(),
    argv: splitStrings(parts.argv),
    argc: exec.argc,
    argvTruncated: has(frameFlag.argvTruncated),
    pathTruncated: has(frameFlag.pathTruncated),
    env: decodeEnvironment(parts.env),
    envTruncated: has(frameFlag.envTruncated),
    isRunner: has(frameFlag.runner),
    isRunnerChild: has(frameFlag.runnerChild),
    replaces: has(frameFlag.replaces),
    parentImage: idOrNull(exec.parentImage),
    parentPid: exec.parentTgid,
  };
}

function decodeExit(frame: Buffer, view: DataView, header: RawEventHeader): ExitEvent | 'malformed' {
  if (frame.length < exitEventSize) return 'malformed';
  const { code, signal, startTime } = readExitEvent(view, 0);
  return { kind: 'exit', ...fields(header), code, signal, startTime };
}

function body(frame: Buffer): string {
  return frame.toString('utf8', eventHeaderSize);
}

interface ExecParts {
  readonly path: Buffer;
  readonly filename: Buffer;
  readonly cwd: Buffer;
  readonly argv: Buffer;
  readonly env: Buffer;
}

/** Null if the lengths do not fit the frame. */
function splitParts(frame: Buffer, exec: RawExecEvent): ExecParts | null {
  const path = execEventSize + exec.pathLen;
  const filename = path + exec.filenameLen;
  const cwd = filename + exec.cwdLen;
  const argv = cwd + exec.argvLen;
  const env = argv + exec.envLen;
  if (env > frame.length) return null;
  return {
    path: frame.subarray(execEventSize, path),
    filename: frame.subarray(path, filename),
    cwd: frame.subarray(filename, cwd),
    argv: frame.subarray(cwd, argv),
    env: frame.subarray(argv, env),
  };
}

/** A NUL ends each string; the last may have lost its own. */
function splitStrings(bytes: Buffer): string[] {
  if (bytes.length === 0) return [];
  const strings = bytes.toString().split('\0');
  if (strings.at(-1) === '') strings.pop();
  return strings;
}

/** The first of a name counts, as for getenv(3). */
function decodeEnvironment(bytes: Buffer): Record<string, string> {
  const variables = new Map<string, string>();
  for (const text of splitStrings(bytes)) {
    const at = text.indexOf('=');
    if (at > 0 && !variables.has(text.slice(0, at))) variables.set(text.slice(0, at), text.slice(at + 1));
  }
  return Object.fromEntries(variables);
}
