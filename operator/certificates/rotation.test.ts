import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fastCheck from 'fast-check';
import { AUTHORITY_LIFETIME, BACKDATE, LEAF_LIFETIME, type Validity } from './authority.ts';
import { DAY, HOUR } from './durations.ts';
import { type AuthorityState, type AuthorityStep, decideAuthority, needsLeaf, OVERLAP } from './rotation.ts';

const now = Date.UTC(2026, 10, 22);
/** An authority that was made so many days before now. */
const made = (days: number): Validity => ({
  notBefore: now - days * DAY - BACKDATE,
  notAfter: now - days * DAY + AUTHORITY_LIFETIME,
});

describe('decideAuthority', () => {
  const table: [what: string, AuthorityState | null, expected: string][] = [
    ['none', null, 'create'],
    ['one that is fresh', { current: made(0), next: null, previous: null }, 'keep'],
    ['one with more than a third left', { current: made(240), next: null, previous: null }, 'keep'],
    ['one with a third left', { current: made(244), next: null, previous: null }, 'publish-next'],
    ['a next one just published', { current: made(244), next: made(0), previous: null }, 'keep'],
    ['a next one published for 8 days', { current: made(252), next: made(8), previous: null }, 'promote'],
    [
      'one about to end and a next one just published',
      { current: made(360), next: made(0), previous: null },
      'promote',
    ],
    ['one that has ended', { current: made(400), next: null, previous: null }, 'create'],
    ['one that has ended, with a next one', { current: made(366), next: made(20), previous: null }, 'promote'],
    [
      'one that has ended, with a next one that has too',
      { current: made(800), next: made(400), previous: null },
      'create',
    ],
    ['one from the future (a clock was wrong)', { current: made(-2), next: null, previous: null }, 'create'],
    ['a previous one that is valid', { current: made(8), next: null, previous: made(252) }, 'keep'],
    ['a previous one that has ended', { current: made(130), next: null, previous: made(366) }, 'drop-previous'],
  ];
  for (const [what, state, expected] of table) {
    test(`says "${expected}" to ${what}`, () => assert.equal(decideAuthority(state, now), expected));
  }

  test('never lets a signer appear that was not published an overlap before, while it is asked every few days', () => {
    const pauses = fastCheck.array(fastCheck.integer({ min: HOUR, max: 20 * DAY }), { minLength: 60, maxLength: 120 });
    fastCheck.assert(
      fastCheck.property(pauses, (steps) => {
        const taken = live(steps);
        assert.ok(
          taken.filter(({ step }) => step === 'promote').every(({ before, at }) => publishedFor(before, at) >= OVERLAP),
        );
        assert.equal(taken.filter(({ step }) => step === 'create').length, 1);
      }),
    );
  });

  test('settles with a signer that is valid, however long it was not asked', () => {
    const pauses = fastCheck.array(fastCheck.integer({ min: HOUR, max: 900 * DAY }), { minLength: 1, maxLength: 30 });
    fastCheck.assert(
      fastCheck.property(pauses, (steps) => {
        for (const { step, after, at } of live(steps)) {
          if (step !== 'keep') continue;
          assert.ok(at >= after.current.notBefore && at < after.current.notAfter);
        }
      }),
    );
  });
});

function publishedFor(state: AuthorityState | null, at: number): number {
  return at - (state?.next?.notBefore ?? at);
}

interface Taken {
  at: number;
  before: AuthorityState | null;
  step: AuthorityStep;
  after: AuthorityState;
}

/** Lets time pass, and takes at each stop every step that is due. */
function live(pauses: number[]): Taken[] {
  const taken: Taken[] = [];
  let at = now;
  for (const pause of pauses) {
    at += pause;
    for (let turns = 0; turns < 5; turns++) {
      const before = taken.at(-1)?.after ?? null;
      const step = decideAuthority(before, at);
      taken.push({ at, before, step, after: take(step, before, at) });
    }
    assert.equal(taken.at(-1)?.step, 'keep', 'the steps do not settle');
  }
  return taken;
}

function take(step: AuthorityStep, state: AuthorityState | null, at: number): AuthorityState {
  const fresh = { notBefore: at - BACKDATE, notAfter: at + AUTHORITY_LIFETIME };
  if (state === null || step === 'create') return { current: fresh, next: null, previous: null };
  if (step === 'keep') return state;
  if (step === 'publish-next') return { ...state, next: fresh };
  if (step === 'promote' && state.next !== null) return { current: state.next, next: null, previous: state.current };
  return { ...state, previous: null };
}

describe('needsLeaf', () => {
  const leaf = (days: number, isOurs = true) => ({
    notBefore: now - days * DAY,
    notAfter: now - days * DAY + LEAF_LIFETIME,
    isOurs,
  });
  const table: [what: string, ReturnType<typeof leaf> | null, expected: boolean][] = [
    ['none', null, true],
    ['a fresh one', leaf(0), false],
    ['one with half its life left', leaf(3.5), false],
    ['one with a third of its life left', leaf(4.7), true],
    ['one that has ended', leaf(8), true],
    ['one of another authority or for other names', leaf(0, false), true],
  ];
  for (const [what, state, expected] of table) {
    test(`says ${expected} to ${what}`, () => assert.equal(needsLeaf(state, now), expected));
  }
});
