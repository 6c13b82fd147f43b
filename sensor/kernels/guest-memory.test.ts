import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { assertAccountCloses } from '../faults/testing/verdict.ts';
import { actor } from '../probe/testing/actor.ts';
import { probe } from '../probe/testing/machine.ts';
import type { FinishedSpan } from '../spans/finished-span.ts';
import { runGuest } from './guest.ts';
import type { MemoryOutcome } from './memory-job.ts';

/** As the chart gives it. */
const limit = 128 << 20;

/** Files of the guest: Node with its libraries, and the two programs that it runs there. */
function files(): Record<string, string> {
  const folder = mkdtempSync(join(tmpdir(), 'chaperone-memory-'));
  for (const [entry, name] of [
    ['main.ts', 'sensor.mjs'],
    ['kernels/memory-job.ts', 'memory-job.mjs'],
  ] as const)
    bundle(join(import.meta.dirname, '..', entry), join(folder, name));
  const libraries = execFileSync('ldd', [process.execPath], { encoding: 'utf8' }).matchAll(/(\/\S+) \(0x/g);
  return {
    '/probe': probe,
    '/actor': actor,
    '/Runner.Worker': actor,
    '/node': process.execPath,
    '/sensor.mjs': join(folder, 'sensor.mjs'),
    '/memory-job.mjs': join(folder, 'memory-job.mjs'),
    '/hog-within.mjs': join(import.meta.dirname, 'hog-within.mjs'),
    ...Object.fromEntries([...libraries].map(([, path = '']) => [path, path])),
  };
}

/** As scripts/build does. */
function bundle(entry: string, out: string): void {
  const banner = `--banner:js=import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);`;
  const flags = ['--bundle', '--platform=node', '--target=node26', '--format=esm', '--log-level=warning', banner];
  execFileSync('esbuild', [entry, ...flags, `--outfile=${out}`]);
}

test('where memory is limited by cgroup v2 alone and taken as one, a sensor that takes all of it ends without PID 1, and the account closes', async (context) => {
  const output = await runGuest({
    name: '6.12-memory',
    series: '6.12',
    commandLine: 'lsm=landlock,lockdown,yama,apparmor',
    files: files(),
    work: [`/node /memory-job.mjs ${limit}`],
    memoryMiB: 2048,
  });
  const outcome = JSON.parse(output) as MemoryOutcome;
  context.diagnostic(
    `${outcome.held} MiB held; ${outcome.peak >> 20} MiB at the most; ${JSON.stringify(outcome.events)}`,
  );
  assert.deepEqual([outcome.code, outcome.events.oom_kill, outcome.events.oom_group_kill], [0, 0, 0], outcome.log);
  assert.ok(outcome.held > 0, outcome.log);
  assert.ok(outcome.job !== null, outcome.log);
  assertAccountCloses({ attributes: outcome.job } as FinishedSpan);
  assert.deepEqual(outcome.steps, ['one']);
  const say = (name: string) => outcome.job?.[`chaperone.${name}`];
  assert.deepEqual([say('coverage.restarts'), say('coverage.complete')], [1, true]);
  assert.equal(say('processes.count'), 2 * 201 + 1);
});
