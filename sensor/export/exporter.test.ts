import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ExportAccount } from './account.ts';
import { createExporter, type Exporter, type ExporterOptions } from './exporter.ts';
import { type Collector, startCollector } from './testing/collector.ts';
import { processSpans, spanNumber, stepNumber } from './testing/spans.ts';

const resource = { 'service.name': 'web' };
const requestMs = 500;

function exporterTo(collector: Collector, options: Partial<ExporterOptions> = {}): Exporter & Disposable {
  const exporter = createExporter({ url: collector.url, timeoutMs: requestMs, intervalMs: 20, ...options });
  return Object.assign(exporter, {
    [Symbol.dispose]: () => {
      exporter.close();
    },
  });
}

function assertCloses(account: ExportAccount): void {
  assert.equal(account.added, account.sent + account.queued + account.dropped.total, JSON.stringify(account));
}

test('delivers what it is given, exactly once, and the account closes', async () => {
  await using collector = await startCollector();
  using exporter = exporterTo(collector);
  exporter.add([...processSpans(1200), stepNumber(5000)], resource);
  const account = await exporter.flush({ deadlineMs: 10_000 });
  assert.deepEqual([account.sent, account.queued, account.dropped.total], [1201, 0, 0]);
  assert.equal(new Set(collector.accepted).size, 1201);
  assert.equal(collector.accepted[0], 'step 5000', 'the priority lane goes first');
});

test('keeps ids, times to the nanosecond, and one resource for a job', async () => {
  await using collector = await startCollector();
  using exporter = exporterTo(collector);
  exporter.add([spanNumber(0), spanNumber(1)], resource);
  exporter.add([spanNumber(2, { end: 0n, error: { message: 'killed' } })], resource);
  await exporter.flush({ deadlineMs: 5_000 });
  const { resourceSpans } = JSON.parse(collector.bodies[0] ?? '');
  assert.equal(resourceSpans.length, 1);
  const [first, , third] = resourceSpans[0].scopeSpans[0].spans;
  assert.equal(first.spanId, '0000000000000001');
  assert.equal(first.startTimeUnixNano, '1795000000000000001');
  assert.equal(third.endTimeUnixNano, '1795000000000000001', 'never ends before it starts');
  assert.deepEqual(third.status, { code: 2, message: 'killed' });
});

test('a change to a span after it was added does not reach the wire', async () => {
  await using collector = await startCollector();
  using exporter = exporterTo(collector);
  const span = spanNumber(0);
  exporter.add([span], resource);
  span.attributes['process.command_args'] = ['forged'];
  span.name = 'forged';
  await exporter.flush({ deadlineMs: 5_000 });
  assert.equal(collector.bodies[0]?.includes('forged'), false);
});

test('values that JSON or UTF-8 cannot hold do not spoil the batch', async () => {
  await using collector = await startCollector();
  using exporter = exporterTo(collector);
  exporter.add(
    [spanNumber(0, { name: 'a\ud800b', attributes: { bad: Number.NaN, text: '\udfff', 'process.pid': 1 } })],
    resource,
  );
  await exporter.flush({ deadlineMs: 5_000 });
  assert.deepEqual(collector.accepted, ['a\ufffdb']);
  assert.equal(collector.bodies[0]?.includes('"bad"'), false);
});

for (const conduct of [{ status: 429 }, { status: 503 }, { status: 500 }, { status: 401 }, 'reset', 'hang'] as const) {
  test(`tries again after ${JSON.stringify(conduct)}, and the retry is byte for byte the same`, async () => {
    await using collector = await startCollector([conduct]);
    using exporter = exporterTo(collector, { clock: quickClock([]) });
    exporter.add([...processSpans(3)], resource);
    const account = await exporter.flush({ deadlineMs: 20_000 });
    assert.deepEqual([account.sent, account.dropped.total], [3, 0]);
    assert.equal(collector.bodies.length, 2);
    assert.equal(collector.bodies[0], collector.bodies[1]);
  });
}

test('waits as long as Retry-After asks', async () => {
  await using collector = await startCollector([{ status: 503, headers: { 'retry-after': '2' } }]);
  const waits: number[] = [];
  using exporter = exporterTo(collector, { clock: quickClock(waits) });
  exporter.add([stepNumber(1)], resource);
  await until(() => collector.accepted.length === 1);
  assert.ok(waits.includes(2_000), `waited ${waits.join(', ')}`);
  assertCloses(exporter.account());
});

test('halves a batch that is too large until it passes, and drops only what is too large alone', async () => {
  const tooLarge = (body: string) => ({ status: body.includes('huge') || body.length > 20_000 ? 413 : 200 });
  await using collector = await startCollector(Array.from({ length: 100 }, () => tooLarge));
  using exporter = exporterTo(collector);
  exporter.add([...processSpans(99), spanNumber(99, { name: 'huge' })], resource);
  const account = await exporter.flush({ deadlineMs: 20_000 });
  assert.deepEqual([account.sent, account.dropped.byReason['too-large'], account.queued], [99, 1, 0]);
  assert.equal(new Set(collector.accepted).size, 99);
});

test('what a server refuses for good is counted by class, said once, and does not take the priority lane along', async () => {
  const refusal = (body: string) => ({ status: body.includes('process') ? 400 : 200 });
  await using collector = await startCollector([refusal, refusal]);
  const said: string[] = [];
  using exporter = exporterTo(collector, {
    onDrop: (reason, count, message) => said.push(`${reason} ${count} ${message}`),
  });
  exporter.add([...processSpans(5), stepNumber(9)], resource);
  const account = await exporter.flush({ deadlineMs: 5_000 });
  assert.deepEqual([account.sent, account.dropped.byClass.process, account.dropped.byReason.refused], [1, 5, 5]);
  assert.deepEqual(said, ['refused 5 the server answered 400']);
  assertCloses(account);
});

test('a partial success is read from the answer and counted', async () => {
  const body = JSON.stringify({ partialSuccess: { rejectedSpans: '2', errorMessage: 'attribute too long' } });
  await using collector = await startCollector([{ status: 200, body }]);
  using exporter = exporterTo(collector);
  exporter.add(processSpans(5), resource);
  const account = await exporter.flush({ deadlineMs: 5_000 });
  assert.deepEqual([account.sent, account.dropped.byReason.refused, account.lastFailure], [3, 2, 'attribute too long']);
  assertCloses(account);
});

test('a partial success that claims nonsense cannot unbalance the account', async () => {
  for (const rejectedSpans of ['-4', '1e99', {}, 'x', 7]) {
    await using collector = await startCollector([
      { status: 200, body: JSON.stringify({ partialSuccess: { rejectedSpans } }) },
    ]);
    using exporter = exporterTo(collector);
    exporter.add(processSpans(5), resource);
    assertCloses(await exporter.flush({ deadlineMs: 5_000 }));
  }
});

test('a batch of ordinary spans that the server chokes on does not hold up job and step', async () => {
  const choke = (body: string) => ({ status: body.includes('poison') ? 500 : 200 });
  await using collector = await startCollector(Array.from({ length: 50 }, () => choke));
  using exporter = exporterTo(collector);
  exporter.add([spanNumber(0, { name: 'poison' })], resource);
  await until(() => collector.bodies.length > 0);
  exporter.add([stepNumber(1)], resource);
  const account = await exporter.flush({ deadlineMs: 1_500 });
  assert.deepEqual(collector.accepted, ['step 1']);
  assertCloses(account);
});

test('a collector that is away and comes back gets everything of the priority lane', async () => {
  await using collector = await startCollector();
  await collector.leave();
  using exporter = exporterTo(collector, { maxBytes: 60_000 });
  for (let index = 0; index < 20; index += 1) {
    exporter.add(processSpans(20), resource);
    exporter.add([stepNumber(1000 + index)], resource);
  }
  const away = await exporter.flush({ deadlineMs: 300 });
  assert.equal(away.sent, 0);
  assertCloses(away);
  await collector.listen();
  const back = await exporter.flush({ deadlineMs: 20_000 });
  assert.equal(collector.accepted.filter((name) => name.startsWith('step')).length, 20);
  assert.ok(back.dropped.byReason.overflow > 0 && back.dropped.byClass.step === 0);
  assertCloses(back);
});

test('a collector that is away for ten minutes costs no span of the priority lane', async () => {
  await using collector = await startCollector();
  await collector.leave();
  const clock = fastClock(1_000);
  using exporter = exporterTo(collector, { clock, timeoutMs: 10_000_000, intervalMs: 2_000, maxBytes: 150_000 });
  for (let minute = 0; minute < 10; minute += 1) {
    exporter.add(processSpans(60), resource);
    exporter.add([stepNumber(1_000 + minute)], resource);
    await until(() => clock.now() >= (minute + 1) * 60_000);
  }
  const away = exporter.account();
  assert.deepEqual([away.sent, away.dropped.byClass.step], [0, 0]);
  assert.ok(away.dropped.byReason.overflow > 0);
  await collector.listen();
  const back = await exporter.flush({ deadlineMs: 60_000_000 });
  assert.equal(collector.accepted.filter((name) => name.startsWith('step')).length, 10);
  assertCloses(back);
});

test('a flush is given up when nothing was taken for as long as it has patience', async () => {
  await using collector = await startCollector(Array.from({ length: 999 }, () => ({ status: 503 })));
  const clock = fastClock(100);
  using exporter = exporterTo(collector, { clock, timeoutMs: 1_000_000 });
  exporter.add([stepNumber(1)], resource);
  const account = await exporter.flush({ deadlineMs: 100_000_000, patienceMs: 5_000 });
  assert.equal(account.queued, 1);
});

test('an answer that is not OTLP is no delivery, however good its status', async () => {
  const page = { status: 200, body: '<html>Please sign in</html>' };
  await using collector = await startCollector([page, page]);
  using exporter = exporterTo(collector, { clock: quickClock([]) });
  exporter.add([stepNumber(1)], resource);
  const account = await exporter.flush({ deadlineMs: 20_000 });
  assert.deepEqual([account.sent, collector.bodies.length], [1, 3]);
  assert.match(account.lastFailure, /answered 200 with something that is not OTLP/);
});

test('closing counts what could not be sent', async () => {
  await using collector = await startCollector(['hang', 'hang']);
  using exporter = exporterTo(collector);
  exporter.add([...processSpans(4), stepNumber(1)], resource);
  await exporter.flush({ deadlineMs: 100 });
  const account = exporter.close();
  assert.deepEqual([account.queued, account.dropped.byReason.unsent], [0, 5]);
  exporter.add([stepNumber(2)], resource);
  assertCloses(exporter.account());
});

test('asks for the headers at each request, so a rotated token is used at once', async () => {
  await using collector = await startCollector([{ status: 401 }]);
  let turn = 0;
  using exporter = exporterTo(collector, {
    clock: quickClock([]),
    headers: async () => ({ authorization: `Bearer ${++turn}` }),
  });
  exporter.add([stepNumber(1)], resource);
  await exporter.flush({ deadlineMs: 10_000 });
  assert.deepEqual(collector.authorizations, ['Bearer 1', 'Bearer 2']);
});

test('a token that cannot be read is a failure to try again, not a crash', async () => {
  await using collector = await startCollector();
  let turn = 0;
  const headers = async () => {
    turn += 1;
    if (turn === 1) throw new Error('no token yet');
    return {};
  };
  using exporter = exporterTo(collector, { clock: quickClock([]), headers });
  exporter.add([stepNumber(1)], resource);
  const account = await exporter.flush({ deadlineMs: 10_000 });
  assert.deepEqual([account.sent, account.lastFailure], [1, 'no token yet']);
});

test('trusts the CA it is given and no other', async () => {
  const tls = selfSigned();
  await using collector = await startCollector([], { tls });
  using distrustful = exporterTo(collector);
  distrustful.add([stepNumber(1)], resource);
  assert.equal((await distrustful.flush({ deadlineMs: 300 })).sent, 0);
  using trusting = exporterTo(collector, { ca: tls.cert });
  trusting.add([stepNumber(2)], resource);
  assert.equal((await trusting.flush({ deadlineMs: 10_000 })).sent, 1);
});

function selfSigned(): { key: string; cert: string } {
  const folder = mkdtempSync(join(tmpdir(), 'chaperone-tls-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const name = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const shape = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  execFileSync('openssl', ['req', ...shape, ...name, '-keyout', key, '-out', cert], { stdio: 'pipe' });
  const pair = { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  rmSync(folder, { recursive: true });
  return pair;
}

/** The real clock, a hundred times faster for our own waits, which are recorded. */
function quickClock(waits: number[]) {
  return {
    now: () => performance.now(),
    wall: () => new Date(),
    after(ms: number, action: () => void) {
      waits.push(ms);
      const timer = setTimeout(action, ms >= 5_000 || ms === requestMs ? ms : ms / 100);
      return () => clearTimeout(timer);
    },
  };
}

/** So many times faster than the real one, and 0 now. */
function fastClock(times: number) {
  const start = performance.now();
  return {
    now: () => (performance.now() - start) * times,
    wall: () => new Date(),
    after(ms: number, action: () => void) {
      const timer = setTimeout(action, ms / times);
      return () => clearTimeout(timer);
    },
  };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
