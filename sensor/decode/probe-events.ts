import type { EventCounts, KernelEvent } from './kernel-events.ts';

export type ProbeEvent = KernelEvent | HelloEvent | StatsEvent | FlushedEvent | UndecodedEvent | UnansweredEvent;

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
