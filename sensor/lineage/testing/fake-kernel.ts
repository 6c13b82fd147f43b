import type { KernelEventFields } from '../../decode/event-fields.ts';
import type { FileEvent } from '../../decode/file-events.ts';
import { countEach, type KernelEvent } from '../../decode/kernel-events.ts';
import type { DnsEvent } from '../../decode/name-events.ts';
import type { HelloEvent, StatsEvent } from '../../decode/probe-events.ts';
import {
  type Credentials,
  type ExecEvent,
  type ExecTraits,
  noTraits,
  type Origin,
  type Stream,
  type Usage,
} from '../../decode/process-events.ts';
import type { MemoryEvent, PrivilegeEvent } from '../../decode/reach-events.ts';
import type { AcceptEvent, CloseEvent, ConnectEvent, SocketEvent, SpeakerEvent } from '../../decode/socket-events.ts';
import { answerFlags, questionName, writeMessage } from '../../names/testing/dns-bytes.ts';

/** A process as the fake kernel keeps it. */
export interface FakeProcess {
  readonly pid: number;
  readonly parentPid: number;
  image: string;
  root: string | null;
  isRunner: boolean;
  readonly isRunnerChild: boolean;
  readonly cgroupId: string;
  readonly origin: Origin | null;
  hasExecuted: boolean;
  /** As after the probe's command; children inherit it. */
  ofAgent: boolean;
}

export interface ExecOptions {
  argv?: string[];
  env?: Record<string, string>;
  path?: string;
  cwd?: string;
  traits?: Partial<ExecTraits>;
  origin?: Origin;
  stdin?: Stream;
  stdout?: Stream;
}

/** /dev/pts/3, by its device's number. */
const terminal: Stream = { kind: 'device', file: (136 << 20) | 3 };

function streamsOf({ stdin = terminal, stdout = terminal }: ExecOptions): Pick<ExecEvent, 'stdin' | 'stdout'> {
  return { stdin, stdout };
}

function givesVariables({ isRunnerChild, ofAgent }: FakeProcess, replaces: boolean): boolean {
  return (isRunnerChild && !replaces) || ofAgent;
}

/** Bytes of arguments that an exec brings (ARGV_BYTES). */
const inlineArgv = 4096;

function firstBytes(argv: readonly string[]): string[] {
  return Buffer.from(argv.join('\0')).subarray(0, inlineArgv).toString().split('\0');
}

const runnerNames = ['Runner.Worker', 'act'];

/** Builds event streams as the kernel programs would give them: lineage inherited at fork, ids new at exec. */
export class FakeKernel {
  readonly events: KernelEvent[] = [];
  /** Nanoseconds since boot; one millisecond an event unless a test sets it. */
  now = 1_000_000_000n;
  #seq = 0;
  #fileSeq = 0;
  #ids = 0;
  #sockets = 0;
  #nextPid = 100;

  /** A process that was there before, such as a container's first one; it has no image yet. */
  process(pid = this.#pid(), place: { cgroupId?: string; origin?: Origin } = {}): FakeProcess {
    return {
      cgroupId: place.cgroupId ?? '1',
      origin: place.origin ?? null,
      pid,
      parentPid: 1,
      image: '0'.repeat(16),
      root: null,
      isRunner: false,
      isRunnerChild: false,
      hasExecuted: false,
      ofAgent: false,
    };
  }

  fork(parent: FakeProcess, pid = this.#pid()): FakeProcess {
    const childId = this.#id();
    const childRoot = parent.isRunner ? childId : parent.root;
    this.#emit(parent, { kind: 'fork', childId, childPid: pid, childNsPid: pid, childRoot });
    const { image, cgroupId, origin, ofAgent } = parent;
    return {
      cgroupId,
      origin,
      pid,
      parentPid: parent.pid,
      image,
      root: childRoot,
      isRunner: false,
      isRunnerChild: parent.isRunner,
      hasExecuted: false,
      ofAgent,
    };
  }

  exec(process: FakeProcess, filename: string, options: ExecOptions = {}): ExecEvent {
    const parentImage = process.image === '0'.repeat(16) ? null : process.image;
    const replaces = process.hasExecuted;
    process.image = this.#id();
    process.hasExecuted = true;
    process.isRunner = process.root === null && runnerNames.includes(filename.split('/').at(-1) ?? '');
    const argv = options.argv ?? [filename];
    const argvBytes = Buffer.byteLength(argv.join('\0')) + 1;
    return this.#emit(process, {
      kind: 'exec',
      path: options.path ?? filename,
      filename,
      cwd: options.cwd ?? '/work',
      argv: argvBytes > inlineArgv ? firstBytes(argv) : argv,
      argc: argv.length,
      argvTruncated: argvBytes > inlineArgv,
      pathTruncated: false,
      env: givesVariables(process, replaces) ? (options.env ?? {}) : {},
      envTruncated: false,
      isRunner: process.isRunner,
      isRunnerChild: process.isRunnerChild,
      replaces,
      ofAgent: process.ofAgent,
      parentImage,
      parentPid: process.parentPid,
      argvBytes,
      euid: 1000,
      suid: 1000,
      traits: { ...noTraits, ...options.traits },
      origin: options.origin ?? process.origin,
      ...streamsOf(options),
    });
  }

  /** Fork and exec in one, as a shell does. */
  spawn(parent: FakeProcess, filename: string, options: ExecOptions = {}): FakeProcess {
    const child = this.fork(parent);
    this.exec(child, filename, options);
    return child;
  }

  exit(process: FakeProcess, code = 0, signal = 0, usage: Usage | null = null): void {
    this.#emit(process, { kind: 'exit', code, signal, startTime: 0n, usage });
  }

  /** The process becomes another user, or gains and loses capabilities. */
  changeCredentials(process: FakeProcess, after: Partial<Credentials>, cause: 'call' | 'exec' = 'call'): void {
    const before = { uid: 1000, euid: 1000, gid: 1000, egid: 1000, capabilities: 0n, namespaceLevel: 0 };
    this.#emit(process, { kind: 'credentials', before, after: { ...before, ...after }, cause });
  }

  /** The process reaches into the other one's memory. */
  reach(process: FakeProcess, into: FakeProcess, changes: Partial<MemoryEvent> = {}): void {
    const target = { image: into.image, pid: into.pid, nsPid: into.pid, startTime: 1n, name: 'target' };
    this.#emit(process, {
      kind: 'memory',
      target,
      way: 'process_vm_readv',
      hook: 'trampoline',
      denied: false,
      ...changes,
    });
  }

  /** The process takes a step towards the kernel; what is not given is that it leaves its network namespace. */
  takePrivilege(process: FakeProcess, changes: Partial<PrivilegeEvent> = {}): void {
    const left = { act: 'namespaces', name: '', namespaces: ['net'], programType: null };
    this.#emit(process, { kind: 'privilege', ...left, ...changes });
  }

  /** A program that starts, does nothing and ends. */
  run(parent: FakeProcess, filename: string, options: ExecOptions & { code?: number } = {}): void {
    this.exit(this.spawn(parent, filename, options), options.code ?? 0);
  }

  connect(process: FakeProcess, address: string, port: number, changes: Partial<ConnectEvent> = {}): ConnectEvent {
    const family = address.includes(':') ? ('ipv6' as const) : ('ipv4' as const);
    const socket = String(++this.#sockets);
    const connect = { socket, address, port, transport: 'tcp', family, hook: 'connect', ...changes } as const;
    return this.#emit(process, { kind: 'connect', ...connect });
  }

  /** The process asks for a connection to where agents are heard, from a port of its own. */
  speak(process: FakeProcess, port: number): SpeakerEvent {
    const socket = String(++this.#sockets);
    return this.#emit(process, { kind: 'speaker', socket, address: '127.0.0.1', port, receiver: 14_320 });
  }

  accept(process: FakeProcess, port: number): AcceptEvent {
    const socket = String(++this.#sockets);
    const peer = { address: '198.51.100.7', port: 50_000 };
    return this.#emit(process, { kind: 'accept', socket, address: '192.0.2.9', port, family: 'ipv4', peer });
  }

  /** The end of what `start` began, by default of a connection that went well. */
  close(process: FakeProcess, start: ConnectEvent | AcceptEvent, changes: Partial<CloseEvent> = {}): CloseEvent {
    const { socket, time: started } = start;
    const close = { socket, started, sent: 100, received: 2_000, errno: 0, state: 'closing', ...changes } as const;
    return this.#emit(process, { kind: 'close', ...close });
  }

  /** The first bytes that the client sends on the connection. */
  opening(process: FakeProcess, { socket }: ConnectEvent, bytes: Uint8Array): void {
    this.#emit(process, { kind: 'opening', socket, bytes, sent: bytes.length });
  }

  socket(process: FakeProcess, type: SocketEvent['type']): SocketEvent {
    const socket = String(++this.#sockets);
    return this.#emit(process, { kind: 'socket', socket, family: 'ipv4', type, protocol: 1 });
  }

  /** A datagram to or from a resolver, of a socket of the process. */
  dns(process: FakeProcess, bytes: Uint8Array, options: Partial<DnsEvent> = {}): DnsEvent {
    const resolver = { address: '10.96.0.10', port: 53, family: 'ipv4', transport: 'udp' } as const;
    const sent = bytes.length;
    return this.#emit(process, {
      kind: 'dns',
      socket: '900',
      direction: 'sent',
      ...resolver,
      bytes,
      sent,
      segment: 0,
      sequence: 0,
      ...options,
    });
  }

  /** A name asked for and answered with IPv4 addresses, or (`null`) with the word that it does not exist. */
  resolve(process: FakeProcess, name: string, addresses: readonly string[] | null): void {
    const data = (address: string) => Buffer.from(address.split('.').map(Number));
    const answers = (addresses ?? []).map((address) => ({ name: questionName, type: 1, data: data(address) }));
    this.dns(process, writeMessage({ name }));
    const flags = addresses === null ? answerFlags | 3 : answerFlags;
    this.dns(process, writeMessage({ name, flags, answers }), { direction: 'received' });
  }

  file(process: FakeProcess, path: string, changes: Partial<FileEvent> = {}): FileEvent {
    return this.#emit(process, {
      kind: 'file',
      operation: 'write',
      source: 'file',
      path,
      path2: '',
      pathTruncated: false,
      file: '1:0-1',
      mode: 0o100644,
      count: 1,
      request: '',
      ...changes,
    });
  }

  #emit<Body extends object>(process: FakeProcess, body: Body): Body & KernelEventFields {
    this.now += 1_000_000n;
    const { pid, image, root, cgroupId } = process;
    const fields = {
      seq: 'operation' in body ? this.#fileSeq++ : this.#seq++,
      cpu: 0,
      time: this.now,
      image,
      root,
      cgroupId,
      pid,
      tid: pid,
      nsPid: pid,
      uid: 1000,
    };
    const event = { ...fields, ...body };
    this.events.push(event as unknown as KernelEvent);
    return event;
  }

  #pid(): number {
    return this.#nextPid++;
  }

  #id(): string {
    this.#ids += 1;
    return this.#ids.toString(16).padStart(16, '0');
  }
}

const none = countEach(() => 0);

/** The probe's first word; unix time = boot time + 1,700,000,000 s. */
export function helloEvent(changes: Partial<HelloEvent> = {}): HelloEvent {
  return {
    kind: 'hello',
    version: '0.1.0',
    armed: true,
    tier: 'tracepoint',
    kernel: '6.12.0',
    mode: 'sidecar',
    cgroupId: '1',
    fileWatch: 'Never',
    watchesFiles: false,
    realtimeOffsetNs: 1_700_000_000_000_000_000n,
    time: 0n,
    started: '1',
    restarts: 0,
    position: 0,
    forwardedBefore: none,
    ...changes,
  };
}

export function statsEvent(changes: Partial<StatsEvent> = {}): StatsEvent {
  return {
    kind: 'stats',
    cpus: [0],
    produced: none,
    lost: none,
    probeDropped: none,
    tableFull: 0,
    socketsFull: 0,
    left: 0,
    detached: 0,
    realtimeOffsetNs: 1_700_000_000_000_000_000n,
    ...changes,
  };
}
