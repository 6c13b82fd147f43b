import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DryRun, readDryRun } from '../../injection/dry-run.ts';
import { type Answer, isChosen, nextRecord, noticeOf, recordPatch, retryAfterMs } from './decide.ts';

const now = Date.UTC(2026, 10, 22, 10);
const since = '2026-11-22T09:00:00.000Z';
const yes: Answer = { admitted: true };
const no = (message: string): Answer => ({ admitted: false, message });
const record = (outcome: DryRun['outcome'], message = ''): DryRun => ({ outcome, since, message });

const cases: [what: string, before: DryRun | undefined, bare: Answer, withSensor: Answer, after: DryRun['outcome']][] =
  [
    ['takes the sensor', undefined, yes, yes, 'admitted'],
    ['refuses only the sensor', undefined, yes, no('capabilities'), 'refused'],
    ['refuses every pod', undefined, no('quota'), no('quota'), 'undecided'],
    ['refuses every pod, and took the sensor before', record('admitted'), no('quota'), no('quota'), 'admitted'],
    ['refuses every pod, and refused the sensor before', record('refused', 'x'), no('quota'), no('quota'), 'refused'],
    ['takes the sensor after all', record('refused', 'x'), yes, yes, 'admitted'],
  ];
for (const [what, before, bare, withSensor, after] of cases) {
  test(`A namespace that ${what} is ${after}`, () =>
    assert.equal(nextRecord(before, { bare, withSensor }, now).outcome, after));
}

test('A record counts from when the outcome began, and is the same object while nothing changes', () => {
  const first = nextRecord(undefined, { bare: yes, withSensor: no('a') }, now);
  assert.equal(nextRecord(first, { bare: yes, withSensor: no('a') }, now + 5), first);
  assert.deepEqual(nextRecord(first, { bare: yes, withSensor: no('b') }, now + 5), { ...first, message: 'b' });
  assert.equal(nextRecord(first, { bare: yes, withSensor: yes }, now + 5).since, '2026-11-22T10:00:00.005Z');
});

test('A record is read back from the namespace as it was written, and a foreign one is none', () => {
  const [operation] = recordPatch({ metadata: { name: 'ci' } }, record('refused', 'why'));
  const annotations = operation?.value as Record<string, string>;
  const namespace = { metadata: { name: 'ci', annotations } };
  assert.deepEqual(readDryRun(namespace), record('refused', 'why'));
  assert.deepEqual(recordPatch(namespace, record('refused', 'why')), []);
  for (const text of ['{', '{"outcome":"yes"}', '7']) {
    assert.equal(readDryRun({ metadata: { name: 'ci', annotations: { 'chaperone.dev/dry-run': text } } }), undefined);
  }
});

test('A namespace is tried again soon at first and once a minute later on', () => {
  const at = (ms: number) => retryAfterMs(record('undecided'), Date.parse(since) + ms);
  assert.deepEqual([at(0), at(8_000), at(3_600_000)], [1_000, 8_000, 60_000]);
  assert.equal(retryAfterMs(record('admitted'), now), 300_000);
});

test('Only a namespace that is chosen and stays is tried, and only a refusal is told', () => {
  const labels = { 'chaperone.dev/injection': 'enabled' };
  assert.equal(isChosen({ metadata: { name: 'ci', labels } }), true);
  assert.equal(isChosen({ metadata: { name: 'ci', labels, deletionTimestamp: since } }), false);
  assert.equal(isChosen({ metadata: { name: 'ci' } }), false);
  assert.equal(noticeOf(record('admitted')), undefined);
  assert.match(noticeOf(record('refused', 'no such capability'))?.note ?? '', /no such capability/);
});
