import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fastCheck from 'fast-check';
import type { TokenReviewStatus } from '../kube/client.ts';
import { createManualClock } from '../runtime/testing/clocks.ts';
import { createAuthenticator } from './authenticate.ts';
import { readIdentity, tokenExpiry } from './identity.ts';

const clock = () => createManualClock();

function tokenUntil(expiry: number): string {
  return `e30.${Buffer.from(JSON.stringify({ exp: expiry / 1000 })).toString('base64url')}.x`;
}

function podStatus(changes: Partial<TokenReviewStatus> = {}): TokenReviewStatus {
  const extra = { 'authentication.kubernetes.io/pod-name': ['p'], 'authentication.kubernetes.io/pod-uid': ['u'] };
  const user = { username: 'system:serviceaccount:runners:default', extra };
  return { authenticated: true, audiences: ['chaperone-gateway'], user, ...changes };
}

/** An authenticator that counts its reviews. */
function counting(time: ReturnType<typeof clock>, status: TokenReviewStatus = podStatus()) {
  const reviews: string[] = [];
  const reviewToken = async (token: string): Promise<TokenReviewStatus> => {
    reviews.push(token);
    return status;
  };
  return { authenticate: createAuthenticator({ reviewToken, clock: time }), reviews };
}

describe('an authenticator', () => {
  test('trusts a token for a minute', async () => {
    const time = clock();
    const { authenticate, reviews } = counting(time);
    const header = `Bearer ${tokenUntil(time.now() + 3_600_000)}`;
    await authenticate(header, '10.0.0.1');
    await time.advance(59_000);
    await authenticate(header, '10.0.0.1');
    assert.equal(reviews.length, 1);
    await time.advance(1_000);
    await authenticate(header, '10.0.0.1');
    assert.equal(reviews.length, 2);
  });

  test('trusts no token beyond its end', async () => {
    const time = clock();
    const { authenticate, reviews } = counting(time);
    const header = `Bearer ${tokenUntil(time.now() + 10_000)}`;
    await authenticate(header, '10.0.0.1');
    await time.advance(10_000);
    await authenticate(header, '10.0.0.1');
    assert.equal(reviews.length, 2);
  });

  test('asks about a wrong token again only after a while', async () => {
    const time = clock();
    const { authenticate, reviews } = counting(time, { authenticated: false });
    for (const wait of [0, 4_000, 1_000]) {
      await time.advance(wait);
      await assert.rejects(authenticate('Bearer wrong', '10.0.0.1'), { status: 401 });
    }
    assert.equal(reviews.length, 2);
  });

  test('lets only so many random tokens reach the API server at once', async () => {
    let asked = 0;
    const reviewToken = (): Promise<TokenReviewStatus> => {
      asked += 1;
      return new Promise(() => undefined);
    };
    const authenticate = createAuthenticator({ reviewToken, clock: clock() });
    for (let index = 0; index < 32; index++) void authenticate(`Bearer random${index}`, `10.0.0.${index}`);
    await assert.rejects(authenticate('Bearer one-more', '10.0.1.1'), { status: 503, retryAfterSeconds: 1 });
    assert.equal(asked, 32);
  });

  test('lets nobody keep the tokens of others from being reviewed', async () => {
    const reviewToken = (token: string): Promise<TokenReviewStatus> =>
      token.startsWith('random') ? new Promise(() => undefined) : Promise.resolve(podStatus());
    const authenticate = createAuthenticator({ reviewToken, clock: clock() });
    for (let index = 0; index < 4; index++) void authenticate(`Bearer random${index}`, '10.0.0.1');
    await assert.rejects(authenticate('Bearer random4', '10.0.0.1'), { status: 503 });
    assert.equal((await authenticate(`Bearer ${tokenUntil(clock().now() + 60_000)}`, '10.0.0.2')).uid, 'u');
  });

  test('forgets no pod for the many wrong tokens that come', async () => {
    const time = clock();
    const right = `Bearer ${tokenUntil(time.now() + 3_600_000)}`;
    let reviews = 0;
    const reviewToken = async (token: string): Promise<TokenReviewStatus> => {
      reviews += 1;
      return right.endsWith(token) ? podStatus() : { authenticated: false };
    };
    const authenticate = createAuthenticator({ reviewToken, clock: time });
    await authenticate(right, '10.0.0.2');
    for (let index = 0; index < 10_001; index++) await authenticate(`Bearer ${index}`, '10.0.0.1').catch(() => {});
    await authenticate(right, '10.0.0.2');
    assert.equal(reviews, 10_002);
  });
});

describe('an identity', () => {
  const refused: [what: string, status: TokenReviewStatus][] = [
    ['a token that is not authenticated', podStatus({ authenticated: false })],
    ['a token of another audience', podStatus({ audiences: ['https://kubernetes.default.svc'] })],
    ['a server that does not know audiences', podStatus({ audiences: [] })],
    ['a person', podStatus({ user: { ...podStatus().user, username: 'admin' } })],
    ['an account without a pod', podStatus({ user: { username: 'system:serviceaccount:runners:default' } })],
    ['an empty answer', {}],
  ];
  for (const [what, status] of refused) {
    test(`is not found in ${what}`, () => assert.equal(readIdentity(status), null));
  }

  test('is found without a node on an older API server', () => {
    assert.deepEqual(readIdentity(podStatus()), {
      namespace: 'runners',
      serviceAccount: 'default',
      name: 'p',
      uid: 'u',
      node: '',
    });
  });
});

test('tokenExpiry never throws and never gives anything but a time', () => {
  const texts = fastCheck.oneof(
    fastCheck.string(),
    fastCheck.json().map((json) => `x.${Buffer.from(json).toString('base64url')}.y`),
  );
  fastCheck.assert(fastCheck.property(texts, (text) => Number.isFinite(tokenExpiry(text))));
});
