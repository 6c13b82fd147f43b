import type { KernelEventFields } from './event-fields.ts';

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
