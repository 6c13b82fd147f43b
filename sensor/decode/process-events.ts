import type { KernelEventFields } from './event-fields.ts';

/** A process forked; the common fields are the parent's. */
export interface ForkEvent extends KernelEventFields {
  readonly kind: 'fork';
  readonly childId: string;
  readonly childPid: number;
  readonly childNsPid: number;
  /** `childId` itself for a runner's child, else the parent's root. */
  readonly childRoot: string | null;
}

/** A process executed a program; `image` is the new one. */
export interface ExecEvent extends KernelEventFields {
  readonly kind: 'exec';
  /** The executable (of a script: its interpreter), absolute in the process's root. */
  readonly path: string;
  /** As given to execve; of a script: the script. */
  readonly filename: string;
  readonly cwd: string;
  /** At most 4 KiB of it. */
  readonly argv: readonly string[];
  readonly argc: number;
  readonly argvTruncated: boolean;
  /** `path` or `cwd` lacks its leading components, or `filename` its end. */
  readonly pathTruncated: boolean;
  /** Allow-listed variables: those of a step of a runner's direct child at its first exec, those that agents give where `ofAgent`. */
  readonly env: Readonly<Record<string, string>>;
  /** The environment was not read to its end, or a value was cut at 512 bytes. */
  readonly envTruncated: boolean;
  readonly isRunner: boolean;
  readonly isRunnerChild: boolean;
  /** The process had executed before. */
  readonly replaces: boolean;
  /** It was marked as a coding agent before this execution, or descends from one that was. */
  readonly ofAgent: boolean;
  /** The image before this one: the forking process's, or the one replaced. */
  readonly parentImage: string | null;
  readonly parentPid: number;
  /** Bytes of the whole argv. */
  readonly argvBytes: number;
  /** Effective and saved user; `uid` is the real one. */
  readonly euid: number;
  readonly suid: number;
  readonly traits: ExecTraits;
  readonly origin: Origin | null;
  readonly stdin: Stream;
  readonly stdout: Stream;
}

/** Where a standard stream of a new image leads. `unix`: a socket of this machine; `network`: one of IPv4 or IPv6. */
export interface Stream {
  readonly kind: 'closed' | 'file' | 'device' | 'pipe' | 'unix' | 'network' | 'other';
  /** The inode's number, modulo 2³², which both ends of a pipe have; of a device the device's own. */
  readonly file: number;
}

/** What kind of file was executed, as the kernel knows it. */
export interface ExecTraits {
  /** A file of memory only, which never had a name in a file system. */
  readonly memfd: boolean;
  /** No name leads to the file any more. */
  readonly unlinked: boolean;
  /** `filename` is a script, `path` its interpreter; `memfd` and `unlinked` are the script's. */
  readonly script: boolean;
  /** Executed by a file descriptor: `filename` is `/dev/fd/N` or `/dev/fd/N/NAME`. */
  readonly descriptor: boolean;
  /** It gave more rights than the caller's. */
  readonly secure: boolean;
}

/** Of one that nobody looked at. */
export const unknownStream: Stream = { kind: 'other', file: 0 };

/** Of a file like any other. */
export const noTraits: ExecTraits = { memfd: false, unlinked: false, script: false, descriptor: false, secure: false };

/** How the first of a line of forks came to be observed: there before the sensor, a container's first process, or entered from outside (`kubectl exec`). */
export type Origin = 'before' | 'container' | 'joined';

/** A part of an argv of more than 4 KiB, of which at most 128 KiB are told; right after its exec, whose `image` it has. */
export interface ArgvEvent extends KernelEventFields {
  readonly kind: 'argv';
  /** Of the part within the argv, in bytes. */
  readonly offset: number;
  readonly bytes: Buffer;
  /** Bytes of the whole argv. */
  readonly argvBytes: number;
}

/** Users are numbers of the initial user namespace. */
export interface Credentials {
  readonly uid: number;
  readonly euid: number;
  readonly gid: number;
  readonly egid: number;
  /** The effective set, a bit each. */
  readonly capabilities: bigint;
  /** Of the user namespace that the capabilities are of; 0 is the initial one. */
  readonly namespaceLevel: number;
}

/** A process has other credentials than when it was last told of. */
export interface CredentialsEvent extends KernelEventFields {
  readonly kind: 'credentials';
  readonly before: Credentials;
  readonly after: Credentials;
  /** `call`: setuid(2) and the like, at some time since its last event; `exec`: by executing a file that gives more rights. */
  readonly cause: 'call' | 'exec';
}

/** The last thread of a process ended; `image` is the last one. */
export interface ExitEvent extends KernelEventFields {
  readonly kind: 'exit';
  /** 0…255, as given to exit(2); 0 if a signal ended it. */
  readonly code: number;
  /** The signal that ended it, or 0. */
  readonly signal: number;
  readonly startTime: bigint;
  /** `null` where only the end itself is known. */
  readonly usage: Usage | null;
}

/** What a process used, all its threads together. */
export interface Usage {
  /** Nanoseconds. */
  readonly userTime: bigint;
  readonly systemTime: bigint;
  /** Most bytes resident since its last execution; `null` where what it had before that (its parent's memory, after vfork) was more and hides it, as before Linux 6.16. */
  readonly peakMemory: number | null;
}
