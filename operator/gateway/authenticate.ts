import { createHash } from 'node:crypto';
import type { TokenReviewStatus } from '../kube/client.ts';
import type { Clock } from '../runtime/clock.ts';
import { BoundedMap } from './bounded-map.ts';
import { type PodIdentity, readIdentity, tokenExpiry } from './identity.ts';
import { GatewayRefusal } from './refusal.ts';

export interface AuthenticatorOptions {
  /** Asks the API server about a token, for the gateway's audience. */
  reviewToken: (token: string) => Promise<TokenReviewStatus>;
  clock: Clock;
}

/** Tells which pod speaks, from the Authorization header and the address that it came from. Rejects with a {@link GatewayRefusal}: 401, or 503 when it cannot be told now. */
export type Authenticator = (authorization: string | undefined, from: string) => Promise<PodIdentity>;

/** A pod that was deleted loses its voice this long afterwards at most. */
const TRUST_MS = 60_000;
/** A wrong token costs the API server one review in this time. */
const DISTRUST_MS = 5_000;
const MAX_TOKENS = 10_000;
/** Reviews at once; whoever sends random tokens must not drown the API server. */
const MAX_REVIEWS = 32;
/** And not keep those of other pods from being heard. Several pods have one address only where it is translated on the way. */
const MAX_REVIEWS_FROM_ONE = 4;
/** Projected tokens are about 1 KiB. */
const BEARER = /^Bearer ([A-Za-z0-9._~+/=-]{1,8192})$/i;

interface Known {
  identity: PodIdentity | null;
  until: number;
}

/** Makes an authenticator that remembers tokens by their hash. */
export function createAuthenticator({ reviewToken, clock }: AuthenticatorOptions): Authenticator {
  const known = new BoundedMap<Known>(MAX_TOKENS);
  // Apart, so that however many of these come they displace none of those.
  const wrong = new BoundedMap<Known>(MAX_TOKENS);
  const running = new Map<string, Promise<Known>>();
  const runningFrom = new Map<string, number>();

  async function learn(token: string): Promise<Known> {
    const identity = readIdentity(await reviewToken(token));
    const now = clock.now();
    return identity === null
      ? { identity, until: now + DISTRUST_MS }
      : { identity, until: Math.min(now + TRUST_MS, tokenExpiry(token)) };
  }

  function review(token: string, { key, from }: { key: string; from: string }): Promise<Known> {
    const same = running.get(key);
    if (same !== undefined) return same;
    const others = runningFrom.get(from) ?? 0;
    if (running.size >= MAX_REVIEWS || others >= MAX_REVIEWS_FROM_ONE) throw busy();
    runningFrom.set(from, others + 1);
    const started = learn(token)
      .then((result) => {
        (result.identity === null ? wrong : known).set(key, result);
        return result;
      })
      .finally(() => {
        running.delete(key);
        countDown(runningFrom, from);
      });
    running.set(key, started);
    return started;
  }

  return async (authorization, from) => {
    const token = BEARER.exec(authorization ?? '')?.[1];
    if (token === undefined) throw unauthorized('the request carries no bearer token');
    const key = createHash('sha256').update(token).digest('base64');
    const remembered = known.get(key) ?? wrong.get(key);
    const fresh = remembered !== undefined && clock.now() < remembered.until;
    const { identity } = fresh ? remembered : await review(token, { key, from }).catch(refuseLater);
    if (identity === null) throw unauthorized('the token is not valid for chaperone-gateway or not bound to a pod');
    return identity;
  };
}

function countDown(counts: Map<string, number>, key: string): void {
  const left = (counts.get(key) ?? 1) - 1;
  if (left === 0) counts.delete(key);
  else counts.set(key, left);
}

function unauthorized(message: string): GatewayRefusal {
  return new GatewayRefusal('unauthorized', message, { status: 401 });
}

function busy(): GatewayRefusal {
  const message = 'too many tokens are being reviewed; send again';
  return new GatewayRefusal('token-reviews-busy', message, { status: 503, retryAfterSeconds: 1 });
}

function refuseLater(cause: unknown): never {
  if (cause instanceof GatewayRefusal) throw cause;
  const message = 'the API server cannot review tokens now; send again';
  throw new GatewayRefusal('token-review-failed', message, { status: 503, retryAfterSeconds: 5, cause });
}
