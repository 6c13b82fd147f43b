import assert from 'node:assert/strict';
import { test } from 'node:test';
import fastCheck from 'fast-check';
import { type ClaimedCall, joinCalls, type SeenCall } from './join-calls.ts';

const second = 1_000_000_000n;

interface Call {
  readonly seen: SeenCall;
  readonly told: ClaimedCall;
}

/** A call that really was one: its process begins while the agent has it in work. */
function call(
  nth: number,
  { command, callId = null, at = BigInt(nth) * second }: Partial<SeenCall> & { at?: bigint },
): Call {
  const id = callId ?? `call-${nth}`;
  return {
    seen: { command: command ?? `command ${nth}`, isCut: false, callId, start: at + 5_000_000n },
    told: { id, command: command ?? `command ${nth}`, start: at, end: at + second / 2n },
  };
}

const joined = (calls: readonly Call[], isFinal = true) =>
  joinCalls({ seen: calls.map(({ seen }) => seen), told: calls.map(({ told }) => told) }, isFinal);

test('calls of different texts find their words, whatever the times and the order of the lists', () => {
  const calls = fastCheck.array(fastCheck.bigInt(0n, 10n * second), { maxLength: 12 });
  fastCheck.assert(
    fastCheck.property(calls, fastCheck.infiniteStream(fastCheck.nat()), (times, turns) => {
      const all = times.map((at, nth) => call(nth, { at }));
      const shuffle = <Item>(items: Item[]) =>
        items
          .map((item) => [turns.next().value ?? 0, item] as const)
          .sort(([a], [b]) => a - b)
          .map(([, item]) => item);
      const pairs = joinCalls(
        { seen: shuffle(all.map(({ seen }) => seen)), told: shuffle(all.map(({ told }) => told)) },
        true,
      );
      assert.equal(pairs.length, all.length);
      for (const { seen, told } of pairs) assert.equal(seen.command, told.command);
    }),
  );
});

test('no call is in two pairs, and nothing is in one that was in no list', () => {
  const time = fastCheck.bigInt(0n, 3n * second);
  const command = fastCheck.constantFrom('a', 'b', 'c');
  const id = fastCheck.constantFrom('1', '2', '3', '4');
  const isCut = fastCheck.boolean();
  const seen = fastCheck.record({ command, isCut, callId: fastCheck.option(id), start: time });
  const told = fastCheck.record({ id, command: fastCheck.option(command), start: time, end: time });
  fastCheck.assert(
    fastCheck.property(fastCheck.array(seen), fastCheck.array(told), fastCheck.boolean(), (seen, told, isFinal) => {
      const pairs = joinCalls({ seen, told }, isFinal);
      assert.equal(new Set(pairs.map((pair) => pair.seen)).size, pairs.length);
      assert.equal(new Set(pairs.map((pair) => pair.told)).size, pairs.length);
      for (const pair of pairs) assert.ok(seen.includes(pair.seen) && told.includes(pair.told));
    }),
  );
});

test('one after the other, the same command finds its words by time, however few have come', () => {
  const calls = [0, 1, 2, 3].map((nth) => call(nth, { command: 'npm test' }));
  const [, , third] = calls;
  assert.ok(third);
  const pairs = joinCalls({ seen: calls.map(({ seen }) => seen), told: [third.told] }, false);
  assert.deepEqual(pairs, [third]);
});

test('at once, the same command waits for the words of all, and takes them in turn', () => {
  const calls = [0n, 1_000_000n].map((at, nth) => call(nth, { command: 'npm test', at }));
  const [first] = calls;
  assert.ok(first);
  assert.deepEqual(joinCalls({ seen: calls.map(({ seen }) => seen), told: [first.told] }, false), []);
  assert.deepEqual(joined(calls, false), calls);
});

test("a call's id decides, whatever its text and its time", () => {
  const [one, other] = [call(0, { command: 'x', callId: 'one' }), call(0, { command: 'x', callId: 'other' })];
  const late = { ...other, told: { ...other.told, start: 100n * second, end: 101n * second, command: 'y' } };
  assert.deepEqual(new Set(joined([one, late], false)), new Set([one, late]));
});

test('of commands of which only the beginning is known, each finds the word that goes on from it, by time where several do', () => {
  const calls = ['cat >a <<E', 'cat >a <<E', 'make'].map((command, nth) => {
    const { seen, told } = call(nth, { command });
    return {
      seen: { ...seen, isCut: nth < 2 },
      told: nth < 2 ? { ...told, command: `${command}\npart ${nth}\nE` } : told,
    };
  });
  assert.deepEqual(new Set(joined(calls, false)), new Set(calls));
});

test('a word without a text is joined by time, and one with another text only in the end', () => {
  const silent = call(0, {});
  const other = call(5, {});
  const calls = [
    { ...silent, told: { ...silent.told, command: null } },
    { ...other, told: { ...other.told, command: 'something else' } },
  ];
  assert.deepEqual(joined(calls, false), calls.slice(0, 1));
  assert.deepEqual(joined(calls, true), calls);
});

test('what was not seen is joined with nothing that ran at another time', () => {
  const { seen } = call(0, { command: 'one' });
  const { told } = call(5, { command: 'other' });
  assert.deepEqual(joinCalls({ seen: [seen], told: [told] }, true), []);
});
