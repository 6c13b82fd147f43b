/**
 * The one error class of the project: a sentence that says what is wrong and what to do, and a code that stays the same across releases.
 * The first cause is kept in `cause`; the error is logged once, where it is finally handled.
 */
export class ChaperoneError extends Error {
  /** Stable and kebab-case, such as `policy-image-signature`; programs match on it, people read the message. */
  readonly code: string;

  constructor(code: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'ChaperoneError';
    this.code = code;
  }
}

/** The message of anything thrown, with the messages of its causes, for a log line or a terminal. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message} (${describeError(error.cause)})`;
}
