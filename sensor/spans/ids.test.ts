import assert from 'node:assert/strict';
import { test } from 'node:test';
import fastCheck from 'fast-check';
import { type JobIds, parseTraceParent, type RunKey, receiverIds } from './ids.ts';

const run: RunKey = {
  runId: '9753949763',
  runAttempt: '1',
  checkRunId: '26920038674',
  runnerName: 'runner-1',
  jobKey: 'build',
  seed: 'seed',
  traceParent: null,
};
const idsOf = (changes: Partial<RunKey> = {}): JobIds => receiverIds({ ...run, ...changes }, new Set());

test("ids are the GitHub receiver's (test vector of the trace's design)", () => {
  const ids = idsOf();
  assert.equal(ids.traceId, '0bd0afbe17036e89e4a05c993dace1da');
  assert.equal(ids.jobSpanId, '55b9b8b34bb88fcf');
  assert.equal(ids.step('Run tests', 1), 'c5cd4d50dd7f591c');
  assert.equal(ids.parentSpanId, null);
});

test('a job with a trace of its own is linked to the run, and keeps its span ids', () => {
  const [inRun, own] = [idsOf(), receiverIds(run, new Set(), 'Job')];
  assert.deepEqual(own.run, { traceId: inRun.traceId, spanId: '1497fe109b00d3c0' });
  assert.notEqual(own.traceId, inRun.traceId);
  assert.notEqual(own.traceId, receiverIds({ ...run, checkRunId: '1' }, new Set(), 'Job').traceId);
  assert.deepEqual([own.jobSpanId, own.step('Run tests', 1)], [inRun.jobSpanId, 'c5cd4d50dd7f591c']);
  assert.equal(receiverIds({ ...run, runId: null }, new Set(), 'Job').run, null);
});

test('without a check run id they come from runner and ordinal', () => {
  const ids = idsOf({ checkRunId: null });
  assert.equal(ids.traceId, idsOf().traceId);
  assert.equal(ids.jobSpanId, 'e00cf7a0132be9d0');
  assert.notEqual(ids.step('Same', 1), ids.step('Same', 2));
  assert.equal(idsOf({ checkRunId: null }).step('One', 1), idsOf({ checkRunId: null }).step('Other', 1));
});

test("steps of one name get distinct ids, and the first keeps the receiver's", () => {
  const ids = idsOf();
  const three = [ids.step('Run tests', 1), ids.step('Run tests', 2), ids.step('Run tests', 3)];
  assert.equal(three[0], 'c5cd4d50dd7f591c');
  assert.equal(new Set(three).size, 3);
  const named = idsOf();
  assert.equal(new Set([named.step('A', 1), named.step('A', 2), named.step('A-2', 3)]).size, 3);
});

test('jobs that the formula cannot tell apart get distinct ids', () => {
  const taken = new Set<string>();
  const keys = { ...run, checkRunId: null };
  assert.notEqual(receiverIds(keys, taken).jobSpanId, receiverIds(keys, taken).jobSpanId);
});

test('without a run id the trace comes from the seed, or from a context given from outside', () => {
  const local = { runId: null, checkRunId: null };
  assert.equal(idsOf(local).traceId, idsOf(local).traceId);
  assert.notEqual(idsOf(local).traceId, idsOf({ ...local, seed: 'other' }).traceId);
  const traceParent = parseTraceParent('00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01');
  const ids = idsOf({ ...local, traceParent });
  assert.deepEqual([ids.traceId, ids.parentSpanId], ['4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7']);
  assert.equal(idsOf({ traceParent }).traceId, idsOf().traceId);
});

test('a trace context that is not exactly one is none', () => {
  const bad = [
    null,
    undefined,
    '',
    '00-00000000000000000000000000000000-00f067aa0ba902b7-01',
    '00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01',
    '00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01',
    '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\n',
    'ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  ];
  for (const text of bad) assert.equal(parseTraceParent(text), null);
});

test('ids have their length, are never zero and never collide', () => {
  const texts = fastCheck.uniqueArray(fastCheck.string(), { minLength: 1, maxLength: 20 });
  fastCheck.assert(
    fastCheck.property(texts, fastCheck.option(fastCheck.string()), (names, checkRunId) => {
      const ids = idsOf({ checkRunId });
      const spanIds = [
        ...names.map((name, index) => ids.step(name, index + 1)),
        ...names.map((name) => ids.below('process', name)),
      ];
      assert.match(ids.traceId, /^(?=.*[1-9a-f])[0-9a-f]{32}$/);
      for (const id of spanIds) assert.match(id, /^(?=.*[1-9a-f])[0-9a-f]{16}$/);
      assert.equal(new Set(spanIds).size, spanIds.length);
    }),
  );
});
