import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import pino from 'pino';
import { Registry } from 'prom-client';
import { createManualClock, settle } from '../runtime/testing/clocks.ts';
import { createClusterSink } from './cluster-sink.ts';
import { createFindingMetrics } from './metrics.ts';
import { anAlert } from './testing/alerts.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chaperone-sink-'));
});
after(() => rm(folder, { recursive: true }));

function rig() {
  const lines: string[] = [];
  const clock = createManualClock();
  const config = {
    name: 'siem',
    kind: 'webhook',
    url: { file: join(folder, 'url'), secret: 'siem-hook', key: 'url' },
    allowHttp: false,
  } as const;
  const sink = createClusterSink(config, {
    minSeverity: 'Medium',
    post: async () => ({ result: 'sent' }),
    clock,
    random: () => 0.5,
    log: pino({}, { write: (line: string) => void lines.push((JSON.parse(line) as { msg: string }).msg) }),
    metrics: createFindingMetrics(new Registry()),
  });
  return { ...sink, lines, clock };
}

test('A sink of the cluster whose Secret cannot be used is told once in the log, and when it can be used', async () => {
  const { check, sink, lines, clock } = rig();
  await check();
  assert.deepEqual(lines, [
    'no alert reaches the sink cluster/siem: there is no Secret siem-hook with a key url: make it',
  ]);
  sink.offer(anAlert());
  for (let retry = 0; retry < 5; retry += 1) await clock.advance(60_000);
  assert.equal(lines.length, 1);
  await writeFile(join(folder, 'url'), 'https://a\nb');
  await check();
  await writeFile(join(folder, 'url'), 'https://hooks.example.com/');
  await check();
  await settle();
  assert.match(
    lines.slice(1).join(),
    /of the Secret siem-hook holds spaces or several lines.*,the Secret of the sink cluster\/siem can be used$/,
  );
  await sink.stop(0);
});
