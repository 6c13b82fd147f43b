import assert from 'node:assert/strict';
import { test } from 'node:test';
import { actor } from '../probe/testing/actor.ts';
import type { FinishedSpan } from '../spans/finished-span.ts';
import { ofClass, real, run } from './testing/local-run.ts';

/** Spans, with those that a summary stands for. */
function count(spans: readonly FinishedSpan[]): number {
  return spans.reduce((sum, { attributes }) => sum + Number(attributes['aggregation.span_count'] ?? 1), 0);
}

function totals([job]: readonly FinishedSpan[]): unknown[] {
  const names = [
    'connections.count',
    'connections.accepted.count',
    'connections.failed.count',
    'bytes.sent',
    'bytes.received',
  ];
  return names.map((name) => job?.attributes[`chaperone.${name}`]);
}

test("a storm of 8,000 connections comes to the caller's own count, in the trace as in the totals", real, async () => {
  const { status, spans, summary } = await run(['--', actor, 'calls', '4', '2000']);
  assert.equal(status, 0);
  // On a busy machine the probe may come late to the ring: what it found no more is said, to the piece.
  const { lost, complete } = summary.coverage;
  const told = [8_000 - lost.connect, 8_000 - lost.accept];
  assert.deepEqual([count(ofClass(spans, 'connection')), count(ofClass(spans, 'accept'))], told);
  assert.deepEqual(totals(ofClass(spans, 'job')).slice(0, 2), told);
  assert.equal(complete, lost.total === 0);
});

test('a connection is a span of its length, with its bytes, on both sides', real, async () => {
  const { spans } = await run(['--', actor, 'tcp', '4']);
  const [client, server] = [ofClass(spans, 'connection')[0], ofClass(spans, 'accept')[0]];
  const bytes = (span?: FinishedSpan) => ['sent', 'received'].map((way) => span?.attributes[`chaperone.bytes.${way}`]);
  assert.deepEqual(
    [bytes(client), bytes(server)],
    [
      [1_000, 3_000],
      [3_000, 1_000],
    ],
  );
  assert.equal(client?.attributes['chaperone.connection.outcome'], 'established');
  assert.ok((client?.end ?? 0n) > (client?.start ?? 0n));
  assert.deepEqual(totals(ofClass(spans, 'job')), [1, 1, 0, 4_000, 4_000]);
});

test('a connection that is refused is an error, and counted as such', real, async () => {
  const { spans } = await run(['--', actor, 'refused']);
  const refused = ofClass(spans, 'connection').map(({ attributes, error }) => [attributes['error.type'], error]);
  assert.deepEqual(refused, [
    ['ECONNREFUSED', {}],
    ['ECONNREFUSED', {}],
  ]);
  assert.deepEqual(totals(ofClass(spans, 'job')).slice(0, 3), [2, 0, 2]);
});

test('a connection that outlives the job is told as open', real, async () => {
  const { spans } = await run(['--', actor, 'stay-connected']);
  const [connection] = ofClass(spans, 'connection');
  assert.equal(connection?.attributes['chaperone.connection.open'], true);
});

test('where agents are asked to tell of themselves, that they do is no connection of the job', real, async () => {
  const post =
    "fetch(process.env.CHAPERONE_AGENT_TELEMETRY + '/v1/traces', { method: 'POST' }).then(({ status }) => process.exit(status % 256))";
  const { status, spans, summary } = await run(['--agent-telemetry', '--', process.execPath, '-e', post]);
  assert.equal(status, 415 % 256);
  assert.deepEqual([totals(ofClass(spans, 'job'))[0], ofClass(spans, 'connection')], [0, []]);
  assert.deepEqual([summary.totals.connections, summary.totals.hosts], [0, 0]);
});
