/** A part of the process with a life of its own. */
export interface Runnable {
  readonly name: string;
  /** Resolves once the part does its work; rejects when it cannot. */
  start(): Promise<void>;
  /** Ends the part, also one whose start has not resolved or was never called. */
  stop(): Promise<void>;
}
