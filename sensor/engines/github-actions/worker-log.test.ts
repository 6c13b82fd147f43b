import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { jobMessage, scriptStep, WorkerLogText } from './testing/worker-log-text.ts';
import { openWorkerLogs } from './worker-log.ts';

/** A `_diag` folder that is gone after the test. */
function diagFolder(): { path: string; write: (name: string, text: string) => void; [Symbol.dispose]: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'chaperone-diag-'));
  return {
    path,
    write: (name, text) => writeFileSync(join(path, name), text),
    [Symbol.dispose]: () => rmSync(path, { recursive: true }),
  };
}

const textOf = (name: string) => new WorkerLogText().message(jobMessage({ steps: [scriptStep('a', name)] })).text;
const start = Date.parse('2026-11-22T10:00:00Z');

test('the message is read once it is complete, and never again', () => {
  using diag = diagFolder();
  const log = openWorkerLogs(diag.path).open(start);
  assert.equal(log.message(false), null);
  diag.write('Worker_20261122-100001-utc.log', textOf('A').slice(0, -80));
  assert.equal(log.message(false), null);
  diag.write('Worker_20261122-100001-utc.log', textOf('A'));
  assert.deepEqual(log.message(false)?.steps[0]?.name, { text: 'A' });
  diag.write('Worker_20261122-100001-utc.log', textOf('Forged'));
  assert.deepEqual(log.message(true)?.steps[0]?.name, { text: 'A' });
});

test('what is not there when the first step begins stays unknown', () => {
  using diag = diagFolder();
  const log = openWorkerLogs(diag.path).open(start);
  assert.equal(log.message(true), null);
  diag.write('Worker_20261122-100001-utc.log', textOf('Forged'));
  assert.equal(log.message(true), null);
});

test('each job of a runner has its own log: the first that began with it', () => {
  using diag = diagFolder();
  diag.write('Worker_20261122-095500-utc.log', textOf('Before'));
  diag.write('Worker_20261122-100001-utc.log', textOf('This'));
  diag.write('Worker_20261122-101500-utc.log', textOf('After'));
  diag.write('Worker_x.log', textOf('None'));
  const name = (startMs: number | null) => openWorkerLogs(diag.path).open(startMs).message(true)?.steps[0]?.name;
  assert.deepEqual(name(start), { text: 'This' });
  assert.deepEqual(name(null), { text: 'After' });
});

test('labels are read as the log grows', () => {
  using diag = diagFolder();
  const file = 'Worker_20261122-100001-utc.log';
  diag.write(file, textOf('A'));
  const log = openWorkerLogs(diag.path).open(start);
  log.message(true);
  assert.equal(log.label(7), null);
  appendFileSync(join(diag.path, file), new WorkerLogText().step('Zürich 🚀', 7).text);
  assert.equal(log.label(7)?.step.name, 'Zürich 🚀');
});

test('a link, a folder and a missing folder are no logs', () => {
  using diag = diagFolder();
  diag.write('secret', textOf('Secret'));
  symlinkSync(join(diag.path, 'secret'), join(diag.path, 'Worker_20261122-100001-utc.log'));
  mkdirSync(join(diag.path, 'Worker_20261122-100002-utc.log'));
  const logs = openWorkerLogs(diag.path);
  assert.equal(logs.open(start).message(true), null);
  assert.equal(logs.open(null).message(true), null);
  assert.equal(openWorkerLogs(join(diag.path, 'none')).open(null).message(true), null);
});
