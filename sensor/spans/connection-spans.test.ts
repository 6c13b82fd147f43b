import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { test } from 'node:test';
import fastCheck from 'fast-check';
import { FakeKernel, type FakeProcess } from '../lineage/testing/fake-kernel.ts';
import { replay, spanNamed } from '../lineage/testing/recording.ts';
import type { FinishedSpan } from './finished-span.ts';

const identity = { kind: 'command', name: 'sh -c x', seed: 'one' } as const;
const { ECONNREFUSED } = constants.errno;

function startShell(kernel: FakeKernel): FakeProcess {
  const shell = kernel.process();
  kernel.exec(shell, '/bin/sh', { path: '/usr/bin/dash', argv: ['sh', '-c', 'x'] });
  return shell;
}

function attributesOf(spans: readonly FinishedSpan[], name: string) {
  const { attributes } = spanNamed(spans, name);
  const { 'chaperone.bytes.sent': sent, 'chaperone.bytes.received': received } = attributes;
  return { outcome: attributes['chaperone.connection.outcome'], sent, received, type: attributes['error.type'] };
}

test('a connection that is refused is an error with its reason', () => {
  const kernel = new FakeKernel();
  const shell = startShell(kernel);
  const connect = kernel.connect(shell, '192.0.2.1', 80);
  kernel.close(shell, connect, { state: 'opening', errno: ECONNREFUSED, sent: 0, received: 0 });
  kernel.exit(shell);
  const { spans } = replay(kernel, { identity });
  const refused = { outcome: 'refused', sent: 0, received: 0, type: 'ECONNREFUSED' };
  assert.deepEqual(attributesOf(spans, 'connect 192.0.2.1:80'), refused);
  assert.deepEqual(spanNamed(spans, 'connect 192.0.2.1:80').error, {});
  assert.equal(spans.at(-1)?.attributes['chaperone.connections.failed.count'], 1);
});

test('a connection that is still open at the end of the job says so', () => {
  const kernel = new FakeKernel();
  const shell = startShell(kernel);
  kernel.connect(shell, '192.0.2.1', 80);
  kernel.exit(shell);
  const span = spanNamed(replay(kernel, { identity }).spans, 'connect 192.0.2.1:80');
  assert.equal(span.attributes['chaperone.connection.open'], true);
  assert.equal(span.attributes['chaperone.connection.outcome'], 'unknown');
  assert.ok(span.end > span.start);
});

test('a socket that is connected again ends its earlier attempt, and has the bytes of the last one', () => {
  const kernel = new FakeKernel();
  const shell = startShell(kernel);
  const { socket } = kernel.connect(shell, '192.0.2.1', 1);
  const second = kernel.connect(shell, '192.0.2.2', 2, { socket });
  kernel.close(shell, second);
  kernel.exit(shell);
  const { spans } = replay(kernel, { identity });
  const unsent = { outcome: 'failed', sent: undefined, received: undefined, type: 'unsent' };
  assert.deepEqual(attributesOf(spans, 'connect 192.0.2.1:1'), unsent);
  assert.equal(attributesOf(spans, 'connect 192.0.2.2:2').received, 2_000);
});

test('the bytes of a socket with several destinations stand once, beside how many they were', () => {
  const kernel = new FakeKernel();
  const shell = startShell(kernel);
  const first = kernel.connect(shell, '192.0.2.1', 53, { transport: 'udp', hook: 'sendmsg' });
  kernel.connect(shell, '192.0.2.2', 53, { transport: 'udp', hook: 'sendmsg', socket: first.socket });
  kernel.close(shell, first, { state: 'none' });
  kernel.exit(shell);
  const { spans } = replay(kernel, { identity });
  assert.equal(spanNamed(spans, 'connect 192.0.2.1:53').attributes['chaperone.socket.destinations'], 2);
  assert.equal(attributesOf(spans, 'connect 192.0.2.2:53').sent, undefined);
  assert.equal(spans.at(-1)?.attributes['chaperone.bytes.sent'], 100);
});

test('what is accepted is a server span named by the own address, and no connection of the job', () => {
  const kernel = new FakeKernel();
  const shell = startShell(kernel);
  kernel.close(shell, kernel.accept(shell, 8080), { sent: 7, received: 8 });
  kernel.exit(shell);
  const { spans } = replay(kernel, { identity });
  const span = spanNamed(spans, 'accept 192.0.2.9:8080');
  assert.deepEqual(
    [span.kind, span.attributes['client.address'], span.attributes['chaperone.bytes.received']],
    ['server', '198.51.100.7', 8],
  );
  const job = spans.at(-1)?.attributes ?? {};
  assert.deepEqual([job['chaperone.connections.accepted.count'], job['chaperone.connections.count']], [1, 0]);
});

test('raw sockets are events of their process, told once each kind with their count', () => {
  const kernel = new FakeKernel();
  const shell = startShell(kernel);
  const ping = kernel.spawn(shell, '/bin/ping');
  for (const type of ['raw', 'raw', 'ping'] as const) kernel.socket(ping, type);
  kernel.exit(ping);
  kernel.exit(shell);
  const { spans } = replay(kernel, { identity });
  const events = spanNamed(spans, 'ping').events.map(({ name, attributes }) => [name, attributes['chaperone.count']]);
  assert.deepEqual(events, [
    ['chaperone.socket.create', 2],
    ['chaperone.socket.create', 1],
  ]);
  assert.equal(spans.at(-1)?.attributes['chaperone.sockets.raw.count'], 3);
});

test('counts, failures and bytes are exact however much is folded', () => {
  const oneConnection = fastCheck.record({
    port: fastCheck.nat(3),
    failed: fastCheck.boolean(),
    sent: fastCheck.nat(1_000_000),
    isAccepted: fastCheck.boolean(),
  });
  fastCheck.assert(
    fastCheck.property(fastCheck.array(oneConnection, { maxLength: 200 }), (all) => {
      const kernel = new FakeKernel();
      const shell = startShell(kernel);
      for (const { port, failed, sent, isAccepted } of all) {
        const start = isAccepted ? kernel.accept(shell, port) : kernel.connect(shell, '192.0.2.1', port);
        kernel.close(shell, start, { sent, ...(failed ? { state: 'opening', errno: ECONNREFUSED } : {}) });
      }
      kernel.exit(shell);
      const { spans } = replay(kernel, { identity });
      const truth = [all.length, all.filter(({ failed }) => failed).length, sum(all.map(({ sent }) => sent))];
      assert.deepEqual(accountOf(spans), truth);
      assert.equal(spans.at(-1)?.attributes['chaperone.bytes.sent'], truth[2]);
    }),
    { numRuns: 30 },
  );
});

/** Connections of both sides, their failures and the bytes sent, as the spans tell them. */
function accountOf(spans: readonly FinishedSpan[]): number[] {
  const told = spans
    .filter(({ kind }) => kind !== 'internal')
    .map(({ attributes, error }) => ({
      count: Number(attributes['aggregation.span_count'] ?? 1),
      failed: Number(attributes['chaperone.connections.failed.count'] ?? (error === null ? 0 : 1)),
      sent: Number(attributes['chaperone.bytes.sent']),
    }));
  return [
    sum(told.map(({ count }) => count)),
    sum(told.map(({ failed }) => failed)),
    sum(told.map(({ sent }) => sent)),
  ];
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
