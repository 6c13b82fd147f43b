import { ChaperoneError } from '../../crds/errors.ts';

/**
 * Why the gateway does not take a request. The sensor knows four kinds: refused for good (400, 401, 409, 413, 415), too much at once (429),
 * and to be sent again later (503); the last two say after how many seconds.
 */
export class GatewayRefusal extends ChaperoneError {
  readonly status: number;
  readonly retryAfterSeconds: number | null;

  constructor(code: string, message: string, details: { status: number; retryAfterSeconds?: number; cause?: unknown }) {
    super(code, message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'GatewayRefusal';
    this.status = details.status;
    this.retryAfterSeconds = details.retryAfterSeconds ?? null;
  }
}
