import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { RecordFile } from '../spill/record-file.ts';
import { type ExportAccount, Ledger } from './account.ts';
import { createExporter, type Exporter, type ExporterOptions } from './exporter.ts';
import { SpanSpill } from './span-spill.ts';
import { type Collector, startCollector } from './testing/collector.ts';
import { processSpans, spanNumber, stepNumber } from './testing/spans.ts';

const folder = mkdtempSync(join(tmpdir(), 'chaperone-spill-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const fresh = () => join(folder, String(++files));
const resource = { 'service.name': 'web' };

/** An exporter as a process would have it: nothing but the file at `path` outlives it. */
function lifeAt(path: string, collector: Collector, options: Partial<ExporterOptions> = {}) {
  const spill = new SpanSpill(path, 4 << 20);
  return { spill, exporter: createExporter({ url: collector.url, timeoutMs: 500, intervalMs: 20, spill, ...options }) };
}

function assertCloses({ added, sent, queued, dropped }: ExportAccount): void {
  assert.equal(added, sent + queued + dropped.total);
}

/** Its end writes nothing: for the file it is as if it had been killed. */
function kill(exporter: Exporter): void {
  exporter.close();
}

test('what waits when a process is killed is sent by the next one, byte for byte, and what was acknowledged is not', async () => {
  const path = fresh();
  await using collector = await startCollector();
  const first = lifeAt(path, collector).exporter;
  first.add(processSpans(3), resource);
  await first.flush({ deadlineMs: 5_000 });
  collector.conducts.push(...Array.from({ length: 99 }, () => ({ status: 503 })));
  first.add([spanNumber(7), stepNumber(8)], resource);
  const failed = await first.flush({ deadlineMs: 300 });
  kill(first);
  assert.equal(failed.queued, 2);
  await using other = await startCollector();
  const { exporter: second } = lifeAt(path, other);
  const account = await second.flush({ deadlineMs: 5_000 });
  assert.deepEqual([account.added, account.sent, account.queued], [5, 5, 0]);
  assert.deepEqual(other.accepted, ['step 8', 'process 7']);
  assert.equal(other.bodies[0], collector.bodies.at(-1));
  second.close();
});

test('a span that an earlier process gave is not given again while its events are repeated', async () => {
  const path = fresh();
  await using collector = await startCollector();
  const first = lifeAt(path, collector).exporter;
  first.add(processSpans(3), resource);
  await first.flush({ deadlineMs: 5_000 });
  kill(first);
  const { exporter: second, spill } = lifeAt(path, collector);
  second.add(processSpans(5), { ...resource });
  spill.forgetKnown();
  const account = await second.flush({ deadlineMs: 5_000 });
  assert.deepEqual([account.added, collector.accepted.length], [5, 5]);
  second.close();
});

test('books and ids go on when the file was emptied because nothing waited', async () => {
  const path = fresh();
  await using collector = await startCollector();
  const first = lifeAt(path, collector).exporter;
  const large = 'x'.repeat(20_000);
  const spans = Array.from({ length: 120 }, (_, index) => spanNumber(index, { attributes: { large } }));
  first.add(spans, resource);
  await first.flush({ deadlineMs: 20_000 });
  assert.ok(statSync(path).size < 20_000);
  kill(first);
  const second = lifeAt(path, collector);
  assert.deepEqual([second.exporter.account().added, second.exporter.account().sent], [120, 120]);
  assert.ok(second.spill.isKnown(spanNumber(119).spanId));
  second.exporter.close();
});

test('what the disk does not give back is counted, and the rest is sent', async () => {
  const path = fresh();
  await using collector = await startCollector([{ status: 503 }]);
  const { exporter } = lifeAt(path, collector);
  exporter.add([stepNumber(1)], resource);
  await exporter.flush({ deadlineMs: 100 });
  kill(exporter);
  appendFileSync(path, 'no record');
  const { exporter: second } = lifeAt(path, collector);
  const account = await second.flush({ deadlineMs: 5_000 });
  assert.deepEqual([account.sent, account.damaged], [1, 1]);
  assertCloses(account);
  second.close();
});

test('records of another hand are passed over and counted', () => {
  const path = fresh();
  const file = new RecordFile(path, 4 << 20);
  for (const type of [2, 3, 4, 5, 99])
    for (const text of ['', 'x', '{"added":-1}']) file.append(type, [Buffer.from(text)]);
  const ledger = new Ledger();
  assert.deepEqual(new SpanSpill(path, 4 << 20).recover(ledger), []);
  assert.deepEqual([ledger.added, ledger.damaged], [0, 5]);
});

test('without room on the disk spans wait in memory', async () => {
  const path = fresh();
  await using collector = await startCollector();
  const exporter = createExporter({ url: collector.url, intervalMs: 20, spill: new SpanSpill(path, 100) });
  exporter.add(processSpans(4), resource);
  const account = await exporter.flush({ deadlineMs: 5_000 });
  assert.deepEqual([account.sent, statSync(path).size], [4, 0]);
  exporter.close();
});

test('an orderly end leaves in the file what was not sent', async () => {
  const path = fresh();
  await using collector = await startCollector(['hang', 'hang']);
  const { exporter } = lifeAt(path, collector);
  exporter.add([stepNumber(1)], resource);
  await exporter.flush({ deadlineMs: 50 });
  assert.equal(exporter.close().dropped.byReason.unsent, 1);
  const { exporter: second } = lifeAt(path, collector);
  assert.equal(second.account().queued, 1);
  second.close();
});
