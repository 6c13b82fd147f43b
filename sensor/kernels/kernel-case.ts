import type { Observation } from '../probe/testing/observe.ts';

/** Commands, and what the probe must tell of them, exactly: on this machine's kernel as on those in virtual machines. */
export interface KernelCase {
  readonly title: string;
  /** Run one after the other in the observed cgroup; the programs are those of actor.c and file-actor.c, the only ones there are in a guest. */
  readonly commands: (actor: string, fileActor: string) => readonly (readonly string[])[];
  /** The probe is to watch files, too; `auto`: where that costs no system call. */
  readonly files?: true | 'auto';
  /** What it needs is only in a guest. */
  readonly guestOnly?: boolean;
  readonly check: (told: Observation, actor: string) => void;
}
