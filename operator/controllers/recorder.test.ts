import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeClient } from '../kube/client.ts';
import { KubeError } from '../kube/errors.ts';
import type { KubeObject } from '../kube/objects.ts';
import { createManualClock } from '../runtime/testing/clocks.ts';
import { silentLog } from '../runtime/testing/observers.ts';
import { createRecorder, type Notice, type Recorder } from './recorder.ts';
import { aPod, aPolicyObject } from './testing/builders.ts';

interface Written extends KubeObject {
  note: string;
  eventTime: string;
  regarding: { kind: string; uid: string };
}

function rig(failure?: KubeError) {
  const written: Written[] = [];
  const clock = createManualClock(Date.UTC(2026, 10, 22));
  const client = {
    async create(_resource: unknown, object: Written) {
      if (failure !== undefined) throw failure;
      written.push(object);
    },
  } as unknown as KubeClient;
  const recorder: Recorder = createRecorder({ client, clock, log: silentLog, instance: 'operator-1' });
  return { written, clock, recorder };
}

const notice = (note: string): Notice => ({ type: 'Warning', reason: 'PolicyRefused', action: 'Accept', note });

test('An Event names its object and the time, in the namespace of the object', async () => {
  const { written, recorder } = rig();
  await recorder.record(aPolicyObject(), notice('too long'));
  const [event] = written;
  assert.deepEqual(
    [event?.metadata.namespace, event?.regarding.kind, event?.regarding.uid],
    ['ci', 'AgentPolicy', 'policy-uid'],
  );
  assert.equal(event?.eventTime, '2026-11-22T00:00:00.000000Z');
});

test('The same is said once in ten minutes, something else or about another at once', async () => {
  const { written, clock, recorder } = rig();
  for (const note of ['a', 'a', 'b']) await recorder.record(aPolicyObject(), notice(note));
  await recorder.record(aPod(), notice('a'));
  assert.deepEqual(
    written.map(({ note }) => note),
    ['a', 'b', 'a'],
  );
  await clock.advance(600_000);
  await recorder.record(aPolicyObject(), notice('a'));
  assert.equal(written.length, 4);
});

test('A long note is cut to the bytes that the API takes, between two characters', async () => {
  const { written, recorder } = rig();
  for (const text of ['x'.repeat(5000), `x${'€'.repeat(500)}`]) await recorder.record(aPolicyObject(), notice(text));
  for (const { note } of written) {
    assert.ok(Buffer.byteLength(note) <= 1024 && Buffer.byteLength(note) > 1020);
    assert.match(note, /^x[x€]+…$/);
  }
  assert.equal(written.length, 2);
});

test('An Event that cannot be written stops nothing', async () => {
  const { recorder } = rig(new KubeError('kube-status', 'forbidden', { status: 403 }));
  await recorder.record(aPolicyObject(), notice('a'));
});
