import { ChaperoneError } from '../../crds/errors.ts';

/**
 * What went wrong with a request to the API server. Codes: `kube-status` (the server answered with an error; `status` and `reason` are its own),
 * `kube-unreachable` (no answer), `kube-timeout` (no answer in time), `kube-malformed` (an answer that is not what was asked for).
 */
export class KubeError extends ChaperoneError {
  /** HTTP status, or 0 when there was no answer. */
  readonly status: number;
  /** The machine-readable reason of a `Status` object, such as `NotFound`; empty when there is none. */
  readonly reason: string;

  constructor(code: string, message: string, details: { status?: number; reason?: string; cause?: unknown } = {}) {
    super(code, message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'KubeError';
    this.status = details.status ?? 0;
    this.reason = details.reason ?? '';
  }
}

export function isNotFound(error: unknown): boolean {
  return error instanceof KubeError && error.status === 404;
}

/** For `catch` where an object that is gone asks for nothing more. */
export function ignoreNotFound(error: unknown): void {
  if (!isNotFound(error)) throw error;
}

/** The object was changed by another, or exists already. */
export function isConflict(error: unknown): boolean {
  return error instanceof KubeError && error.status === 409;
}

/** The resource version or continue token is too old (or, after a restored backup, too new): list again. */
export function isExpired(error: unknown): boolean {
  if (!(error instanceof KubeError)) return false;
  return error.status === 410 || error.reason === 'Expired' || error.message.includes('Too large resource version');
}
