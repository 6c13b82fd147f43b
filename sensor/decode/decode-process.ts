import { fields, id, idOrNull } from './fields.ts';
import {
  argvEventSize,
  credentialsCause,
  credentialsEventSize,
  credentialsSize,
  eventHeaderSize,
  execEventSize,
  execTrait,
  exitEventSize,
  forkEventSize,
  frameFlag,
  origin,
  type RawEventHeader,
  type RawExecEvent,
  type RawExitEvent,
  readArgvEvent,
  readCredentials,
  readCredentialsEvent,
  readExecEvent,
  readExitEvent,
  readForkEvent,
  streamKind,
} from './layout.gen.ts';
import type {
  ArgvEvent,
  CredentialsEvent,
  ExecEvent,
  ExecTraits,
  ExitEvent,
  ForkEvent,
  Origin,
  Stream,
  Usage,
} from './process-events.ts';

export function decodeFork(frame: Buffer, view: DataView, header: RawEventHeader): ForkEvent | 'malformed' {
  if (frame.length < forkEventSize) return 'malformed';
  const fork = readForkEvent(view, 0);
  return {
    ...fields(header),
    kind: 'fork',
    childId: id(fork.childId),
    childPid: fork.childTgid,
    childNsPid: fork.childNsTgid,
    childRoot: idOrNull(fork.childRoot),
  };
}

export function decodeExec(frame: Buffer, view: DataView, header: RawEventHeader): ExecEvent | 'malformed' {
  if (frame.length < execEventSize) return 'malformed';
  const exec = readExecEvent(view, 0);
  const parts = splitParts(frame, exec);
  if (parts === null) return 'malformed';
  const has = (flag: number) => (header.flags & flag) !== 0;
  return {
    ...fields(header),
    kind: 'exec',
    path: parts.path,
    filename: parts.filename,
    cwd: parts.cwd,
    argv: splitStrings(parts.argv),
    argc: exec.argc,
    argvTruncated: has(frameFlag.argvTruncated),
    pathTruncated: has(frameFlag.pathTruncated),
    env: decodeEnvironment(parts.env),
    envTruncated: has(frameFlag.envTruncated),
    isRunner: has(frameFlag.runner),
    isRunnerChild: has(frameFlag.runnerChild),
    replaces: has(frameFlag.replaces),
    ofAgent: has(frameFlag.agent),
    parentImage: idOrNull(exec.parentImage),
    parentPid: exec.parentTgid,
    argvBytes: exec.argvTrueLen,
    euid: exec.euid,
    suid: exec.suid,
    traits: readTraits(exec.traits),
    origin: origins.get(exec.origin) ?? null,
    stdin: readStream(exec.stdinKind, exec.stdinFile),
    stdout: readStream(exec.stdoutKind, exec.stdoutFile),
  };
}

function readStream(kind: number, file: number): Stream {
  return { kind: streamKinds.get(kind) ?? 'other', file };
}

const streamKinds = new Map(
  (Object.entries(streamKind) as [Stream['kind'], number][]).map(([name, number]) => [number, name]),
);

function readTraits(traits: number): ExecTraits {
  const has = (trait: number) => (traits & trait) !== 0;
  return {
    memfd: has(execTrait.memfd),
    unlinked: has(execTrait.unlinked),
    script: has(execTrait.script),
    descriptor: has(execTrait.descriptor),
    secure: has(execTrait.secure),
  };
}

const origins = new Map<number, Origin>([
  [origin.before, 'before'],
  [origin.container, 'container'],
  [origin.joined, 'joined'],
]);

export function decodeArgv(frame: Buffer, view: DataView, header: RawEventHeader): ArgvEvent | 'malformed' {
  if (frame.length < argvEventSize) return 'malformed';
  const { offset, chunkLen, argvTrueLen } = readArgvEvent(view, 0);
  const end = argvEventSize + chunkLen;
  if (end > frame.length) return 'malformed';
  // A copy, since the frame may share its memory.
  const bytes = Buffer.from(frame.subarray(argvEventSize, end));
  return { ...fields(header), kind: 'argv', offset, bytes, argvBytes: argvTrueLen };
}

export function decodeCredentials(
  frame: Buffer,
  view: DataView,
  header: RawEventHeader,
): CredentialsEvent | 'malformed' {
  if (frame.length < credentialsEventSize) return 'malformed';
  return {
    ...fields(header),
    kind: 'credentials',
    before: readCredentials(view, eventHeaderSize),
    after: readCredentials(view, eventHeaderSize + credentialsSize),
    cause: readCredentialsEvent(view, 0).cause === credentialsCause.exec ? 'exec' : 'call',
  };
}

export function decodeExit(frame: Buffer, view: DataView, header: RawEventHeader): ExitEvent | 'malformed' {
  if (frame.length < exitEventSize) return 'malformed';
  const exit = readExitEvent(view, 0);
  const { code, signal, startTime } = exit;
  return { ...fields(header), kind: 'exit', code, signal, startTime, usage: readUsage(exit) };
}

/** The ticks only say how user and system share what the scheduler has measured (as in the kernel's cputime_adjust; without any, all is the user's). */
function readUsage({ userTime, systemTime, runTime, peakMemory }: RawExitEvent): Usage {
  const sampled = userTime + systemTime;
  const total = sampled > runTime ? sampled : runTime;
  const user = sampled === 0n ? total : (total * userTime) / sampled;
  return { userTime: user, systemTime: total - user, peakMemory: peakMemory === 0n ? null : Number(peakMemory) };
}

interface ExecParts {
  readonly path: string;
  readonly filename: string;
  readonly cwd: string;
  readonly argv: string;
  readonly env: string;
}

/** Null if the lengths do not fit the frame. */
function splitParts(frame: Buffer, exec: RawExecEvent): ExecParts | null {
  const path = execEventSize + exec.pathLen;
  const filename = path + exec.filenameLen;
  const cwd = filename + exec.cwdLen;
  const argv = cwd + exec.argvLen;
  const env = argv + exec.envLen;
  if (env > frame.length) return null;
  const whole = frame.toString('utf8', execEventSize, argv);
  // As long in UTF-16 as in bytes, and so of one unit a byte: most executions are, and one call into Node decodes them.
  const isPlain = whole.length === argv - execEventSize;
  const part = (from: number, to: number) =>
    isPlain ? whole.slice(from - execEventSize, to - execEventSize) : frame.toString('utf8', from, to);
  return {
    path: part(execEventSize, path),
    filename: part(path, filename),
    cwd: part(filename, cwd),
    argv: part(cwd, argv),
    // By itself: a slice of a string keeps all of it in memory.
    env: frame.toString('utf8', argv, env),
  };
}

/** A NUL ends each string; the last may have lost its own. */
export function splitStrings(text: string): string[] {
  if (text === '') return [];
  const strings = text.split('\0');
  if (strings.at(-1) === '') strings.pop();
  return strings;
}

/** The first of a name counts, as for getenv(3). */
function decodeEnvironment(block: string): Record<string, string> {
  if (block === '') return {};
  const variables = new Map<string, string>();
  for (const text of splitStrings(block)) {
    const at = text.indexOf('=');
    if (at > 0 && !variables.has(text.slice(0, at))) variables.set(text.slice(0, at), text.slice(at + 1));
  }
  return Object.fromEntries(variables);
}
