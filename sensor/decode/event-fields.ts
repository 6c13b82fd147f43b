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
