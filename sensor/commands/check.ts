/** One thing that was looked at. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly found: string;
  /** What to do; empty when there is nothing to mend, nor more to be had. */
  readonly change: string;
}
