/** Fields of every event that the kernel programs tell. Ids are 16 lowercase hex digits; times are CLOCK_BOOTTIME in ns. */
export interface KernelEventFields {
  /** Per CPU, from 0; an event lost in the kernel takes its number with it. */
  readonly seq: number;
  readonly cpu: number;
  readonly time: bigint;
  /** The image that the process runs: a new one at each exec, inherited by fork. `UNKNOWN_IMAGE` if it began before the sensor. */
  readonly image: string;
  /** The runner's direct child that the process descends from, or null outside of every step. */
  readonly root: string | null;
  /** Decimal. */
  readonly cgroupId: string;
  /** Process id in the initial pid namespace. */
  readonly pid: number;
  /** Thread id in the initial pid namespace. */
  readonly tid: number;
  /** Process id in the process's own pid namespace. */
  readonly nsPid: number;
  readonly uid: number;
}

/** The image of a process that was there before the sensor. */
export const UNKNOWN_IMAGE = '0000000000000000';

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
  /** The inode's number, modulo 2³²: both ends of a pipe have the same. */
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

/** An address and port on the network. */
export interface Endpoint {
  /** RFC 5952 text; an IPv4 address reached through an IPv6 socket is given as IPv4. */
  readonly address: string;
  /** 0 where the protocol has none. */
  readonly port: number;
}

/**
 * A connection was asked for (TCP, UDP), a datagram sent to an address (once for each socket, sender and destination), or a packet sent by a raw
 * or ping socket (once for each socket and destination).
 */
export interface ConnectEvent extends KernelEventFields, Endpoint {
  readonly kind: 'connect';
  /** Decimal; never used again for another socket. */
  readonly socket: string;
  /** `icmp` and `raw` are of raw and ping sockets. */
  readonly transport: 'tcp' | 'udp' | 'icmp' | 'raw';
  readonly family: 'ipv4' | 'ipv6';
  readonly hook: 'connect' | 'sendmsg' | 'packet';
}

/**
 * Where a TCP connection stood when it ended: `unsent` before the first packet (something on this machine was against it), `opening` in the handshake,
 * `established` in use, `closing` after this side had said that it was done. `none`: not TCP, which alone has states.
 */
export type ConnectionState = 'none' | 'unsent' | 'opening' | 'established' | 'closing';

/**
 * What the connect, accept or socket event of this socket began is over: once for each attempt of a TCP socket, else when the socket is closed.
 * The common fields are of the process that connected, listened, or made the raw socket.
 */
export interface CloseEvent extends KernelEventFields {
  readonly kind: 'close';
  readonly socket: string;
  /** `time` of the event that it ends; of datagrams the first one's. */
  readonly started: bigint;
  /** Bytes of payload, without what TCP sent again; of raw sockets with all headers above IP's. */
  readonly sent: number;
  readonly received: number;
  /** The errno that the kernel gave the socket for its end, or 0. */
  readonly errno: number;
  /** What it came from: see {@link ConnectionState}. */
  readonly state: ConnectionState;
}

/** A TCP connection from outside was established; the common fields are of the process that listens. */
export interface AcceptEvent extends KernelEventFields, Endpoint {
  readonly kind: 'accept';
  readonly socket: string;
  readonly family: 'ipv4' | 'ipv6';
  readonly peer: Endpoint;
}

/** A raw or ping socket was made. */
export interface SocketEvent extends KernelEventFields {
  readonly kind: 'socket';
  readonly socket: string;
  readonly family: 'ipv4' | 'ipv6';
  readonly type: 'raw' | 'ping';
  /** IPPROTO_… */
  readonly protocol: number;
}

/** A connection to the unix socket of a container engine was asked for. */
export interface UnixEvent extends KernelEventFields {
  readonly kind: 'unix';
  readonly socket: string;
  /** As given to connect(2). */
  readonly path: string;
}

/** A datagram that a socket sent to a resolver or received from one, or what one segment of a TCP stream with it carried. */
export interface DnsEvent extends KernelEventFields {
  readonly kind: 'dns';
  /** As in {@link ConnectEvent}. */
  readonly socket: string;
  readonly direction: 'sent' | 'received';
  /** The resolver's, as the process knows it: before any translation of addresses where the socket is connected to it. */
  readonly address: string;
  readonly port: number;
  readonly transport: 'tcp' | 'udp';
  readonly family: 'ipv4' | 'ipv6';
  /** At most the first 4 KiB; the frame's own memory. */
  readonly bytes: Uint8Array;
  /** How many bytes there were. */
  readonly sent: number;
  /** Of several datagrams that passed as one packet (udp(7), UDP_SEGMENT), how many bytes each but the last has; else 0. */
  readonly segment: number;
  /** Of the first byte in its TCP stream, modulo 2^32; 0 of UDP. */
  readonly sequence: number;
}

/** The first payload sent on a TCP connection, if it looks like a TLS ClientHello or an HTTP `CONNECT`. */
export interface OpeningEvent extends KernelEventFields {
  readonly kind: 'opening';
  /** As in {@link ConnectEvent}. */
  readonly socket: string;
  /** At most the first 2 KiB; the frame's own memory. */
  readonly bytes: Uint8Array;
  /** How many bytes were sent at once. */
  readonly sent: number;
}

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

/** A process reached into the memory of another one; told once for each accessor, target and way. */
export interface MemoryEvent extends KernelEventFields {
  readonly kind: 'memory';
  readonly target: {
    /** Null if it began before the sensor, or is not observed. */
    readonly image: string | null;
    /** 0 if not known. */
    readonly pid: number;
    /** Of a `call`: in the caller's pid namespace. */
    readonly nsPid: number;
    /** 0 if not known. */
    readonly startTime: bigint;
    /** Of its first thread, at most 15 bytes; empty if not known. */
    readonly name: string;
  };
  readonly way: 'ptrace' | 'process_vm_readv' | 'process_vm_writev' | '/proc/PID/mem' | 'pidfd_getfd' | 'other';
  /** Where it was seen; a `signal` shows only ptrace, a `call` often not whose memory it was. */
  readonly hook: 'signal' | 'trampoline' | 'lsm' | 'call';
  /** A security module of the kernel refused it. */
  readonly denied: boolean;
}

export type Namespace = 'mnt' | 'cgroup' | 'uts' | 'ipc' | 'user' | 'pid' | 'net';

/** A process took a step towards the kernel or out of its container. */
export interface PrivilegeEvent extends KernelEventFields {
  readonly kind: 'privilege';
  /** Loaded a kernel module, asked bpf(2) to load a program, or is in other namespaces than its parent. */
  readonly act: 'module' | 'bpf' | 'namespaces';
  /** Of the module or the program; may be empty. */
  readonly name: string;
  /** Those that it left; empty unless `act` is `namespaces`. */
  readonly namespaces: readonly Namespace[];
  /** enum bpf_prog_type; null unless `act` is `bpf`. */
  readonly programType: number | null;
}

/** A process asks for a connection to where the sensor hears what agents tell of themselves. */
export interface SpeakerEvent extends KernelEventFields {
  readonly kind: 'speaker';
  /** As in {@link ConnectEvent}. */
  readonly socket: string;
  /** The speaker's end, IPv4. */
  readonly address: string;
  readonly port: number;
  /** The port of 127.0.0.1 that it asks for. */
  readonly receiver: number;
}

/** Every kind of kernel event, which is also its class in all accounts. */
export const eventClasses = [
  'fork',
  'exec',
  'exit',
  'connect',
  'close',
  'accept',
  'socket',
  'unix',
  'dns',
  'opening',
  'argv',
  'credentials',
  'file',
  'memory',
  'privilege',
  'speaker',
] as const satisfies readonly KernelEvent['kind'][];

/** A count for each class of kernel event. */
export type EventCounts = Readonly<Record<KernelEvent['kind'], number>>;

/** The counts that a function gives for each class. */
export function countEach(count: (eventClass: KernelEvent['kind']) => number): EventCounts {
  return Object.fromEntries(eventClasses.map((each) => [each, count(each)])) as EventCounts;
}

export function totalOf(counts: EventCounts): number {
  return eventClasses.reduce((total, each) => total + counts[each], 0);
}

/**
 * What the kernel lets the sensor see, proved by effect; each sees what those before it see, and more (docs/coverage.md). `blind` when not armed.
 */
export const tiers = ['blind', 'tracepoint', 'trampoline', 'lsm'] as const;
export type Tier = (typeof tiers)[number];

/** The probe's first word to each of its peers. */
export interface HelloEvent {
  readonly kind: 'hello';
  readonly version: string;
  /** Every hook was proved by effect. */
  readonly armed: boolean;
  /** Why not armed, one sentence. */
  readonly reason?: string;
  readonly tier: Tier;
  /** `uname -r`. */
  readonly kernel: string;
  readonly mode: 'sidecar' | 'attach';
  /** The observed cgroup's id, decimal; "0" if unknown. */
  readonly cgroupId: string;
  readonly cgroupPath?: string;
  /** When files were to be watched, as the probe began. */
  readonly fileWatch: 'Auto' | 'Always' | 'Never';
  /** Changes of files are seen. */
  readonly watchesFiles: boolean;
  /** CLOCK_REALTIME − CLOCK_BOOTTIME in ns: add it to an event's time to get Unix time. */
  readonly realtimeOffsetNs: bigint;
  /** When this was said, CLOCK_BOOTTIME in ns. */
  readonly time: bigint;
  /** When the probe began, decimal: tells one run of it from another. */
  readonly started: string;
  /** How often the peer was started again. */
  readonly restarts: number;
  /** Where in the probe's stream of frames this peer's begins, in bytes. */
  readonly position: number;
  /** Events that earlier peers were given, and kept where they acknowledge. */
  readonly forwardedBefore: EventCounts;
}

/** The account so far. All told: produced = lost + probeDropped + forwardedBefore + what this peer was given (plus what is on its way). */
export interface StatsEvent {
  readonly kind: 'stats';
  /** The next sequence number of each CPU. */
  readonly cpus: readonly number[];
  readonly produced: EventCounts;
  /** No room in the ring buffer. */
  readonly lost: EventCounts;
  /** No room in the probe's queue, because the peer was slow or away. */
  readonly probeDropped: EventCounts;
  /** Processes that found no room in the kernel's table: their lineage is unknown. */
  readonly tableFull: number;
  /** Sockets beyond those followed at once: their ends are not told, nor whom they accept. */
  readonly socketsFull: number;
  /** Processes that left the observed cgroup: what they do there is not seen. */
  readonly left: number;
  /** The sensor's programs that somebody detached: what they would have told is not seen. */
  readonly detached: number;
  /** As in the hello, now: it changes when somebody sets the clock. */
  readonly realtimeOffsetNs: bigint;
}

/** Everything that was in the ring at the time of the flush command has been given. */
export interface FlushedEvent {
  readonly kind: 'flushed';
  readonly id: number;
}

export type KernelEvent =
  | ForkEvent
  | ExecEvent
  | ExitEvent
  | ConnectEvent
  | CloseEvent
  | AcceptEvent
  | SocketEvent
  | UnixEvent
  | DnsEvent
  | OpeningEvent
  | ArgvEvent
  | CredentialsEvent
  | FileEvent
  | MemoryEvent
  | PrivilegeEvent
  | SpeakerEvent;

/** A frame that gave no event. */
export interface UndecodedEvent {
  readonly kind: 'undecoded';
  /** `unknown`: of a type that this version does not know; `malformed`: its bytes contradict themselves. */
  readonly why: 'unknown' | 'malformed';
  /** What kind of event it should have been, where its type says so. */
  readonly eventClass: KernelEvent['kind'] | null;
}

/** The owner of the link asked the probe for everything and got no answer, or the link has ended: what was on its way is not known. */
export interface UnansweredEvent {
  readonly kind: 'unanswered';
}

export type ProbeEvent = KernelEvent | HelloEvent | StatsEvent | FlushedEvent | UndecodedEvent | UnansweredEvent;
