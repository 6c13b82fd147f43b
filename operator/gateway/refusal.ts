import { ChaperoneError, describeError } from '../../crds/errors.ts';

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

/** What is thrown by others: what the server itself refuses in a request keeps its status, everything else passes. */
export function asRefusal(error: unknown): GatewayRefusal {
  if (error instanceof GatewayRefusal) return error;
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500;
  if (status >= 400 && status < 500) {
    return new GatewayRefusal('request-malformed', describeError(error), { status, cause: error });
  }
  return new GatewayRefusal('failed', 'the gateway failed; send again', {
    status: 503,
    retryAfterSeconds: 5,
    cause: error,
  });
}
