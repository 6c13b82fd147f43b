import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { countEach, type EventCounts, eventClasses, type KernelEvent } from '../decode/kernel-events.ts';
import type { ProbeEvent, StatsEvent } from '../decode/probe-events.ts';
import { Coverage } from '../lineage/coverage.ts';
import { connectProbe } from '../probe-link/probe-link.ts';
import { spawnProbe } from '../probe-link/spawn-probe.ts';
import { actor, compileTiny } from './testing/actor.ts';
import { makeCgroup, probe, skip, until } from './testing/machine.ts';
import { observe, runner } from './testing/observe.ts';

function countReceived(events: readonly ProbeEvent[]): EventCounts {
  return countEach((each) => events.filter(({ kind }) => kind === each).length);
}

/** What was produced was lost in the kernel, dropped by the probe, or received. */
function assertAccounted(stats: StatsEvent, events: readonly ProbeEvent[]): void {
  const received = countReceived(events);
  for (const kind of eventClasses)
    assert.equal(stats.produced[kind], stats.lost[kind] + stats.probeDropped[kind] + received[kind], kind);
}

/** Without loss, the sequence numbers of a CPU are 0, 1, 2 … up to the next one that the account names. */
function assertSequence(stats: StatsEvent, events: readonly KernelEvent[]): void {
  stats.cpus.forEach((next, cpu) => {
    const numbers = events.filter((event) => event.cpu === cpu).map((event) => event.seq);
    assert.deepEqual(
      numbers.toSorted((a, b) => a - b),
      Array.from({ length: next }, (_, i) => i),
    );
  });
}

test('two thousand programs are accounted for exactly', { skip }, async () => {
  const { execs, exits, stats, events } = await observe((run) =>
    run(['/bin/sh', '-c', 'for i in $(seq 2000); do /bin/true; done']),
  );
  assert.equal(execs.filter((exec) => exec.filename === '/bin/true').length, 2000);
  assert.deepEqual([execs.length, exits.length], [2002, 2002]);
  assertAccounted(stats, events);
  assertSequence(stats, [...execs, ...exits, ...events.filter((event) => event.kind === 'fork')]);
});

test('a storm of twenty thousand processes is accounted for, with nothing lost', { skip }, async () => {
  const { stats, events } = await observe((run) => run([actor, 'storm', '20000', '8', actor, 'nothing']));
  assertAccounted(stats, events);
  assert.deepEqual([stats.produced.exec, stats.lost, stats.tableFull], [20_001, countEach(() => 0), 0]);
});

test('processes as fast as this machine can start them are all told, or what is lost is said', {
  skip,
}, async (context) => {
  const [tiny, workers, each] = [compileTiny(), 4, 10_000];
  let started = 0;
  let ended = 0;
  const { stats, events, execs, exits } = await observe(async (run) => {
    started = Date.now();
    assert.equal((await run([actor, 'blast', `${workers}`, `${each}`, tiny])).code, 0);
    ended = Date.now();
  });
  const perSecond = Math.round((workers * each * 1000) / (ended - started));
  context.diagnostic(`${perSecond} processes a second; lost: ${JSON.stringify(stats.lost)}`);
  assertAccounted(stats, events);
  assert.equal(
    execs.filter(({ path }) => path === tiny).length + stats.lost.exec + stats.probeDropped.exec,
    workers * each,
  );
  const processes = 1 + workers + workers * each;
  assert.equal(exits.length + stats.lost.exit + stats.probeDropped.exit, processes);
  assert.deepEqual([stats.produced.exit, stats.produced.fork, stats.tableFull], [processes, processes - 1, 0]);
});

test('connections as fast as this machine can make them are all told, or what is lost is said', { skip }, async () => {
  const { stats, events, connects } = await observe((run) => run([actor, 'connects', '100000']));
  assertAccounted(stats, events);
  assert.equal(connects.length + stats.lost.connect + stats.probeDropped.connect, 100_000);
});

test('what does not fit a ring that is too small is counted as lost', { skip }, async () => {
  const { stats, events } = await observe(
    (run) => run([actor, 'storm', '2000', '8', actor, 'nothing', 'x'.repeat(2000)]),
    ['--ring-bytes', '16384'],
  );
  assertAccounted(stats, events);
  assert.ok(stats.lost.exec > 0);
});

test('a peer that does not read costs nobody but itself, and what it missed is counted', { skip }, async () => {
  await using cgroup = makeCgroup('');
  const child = spawn(probe, ['attach', '--cgroup', cgroup.path, '--fd', '3', '--queue-bytes', '131072'], {
    stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
  });
  await armed(child);
  assert.equal((await runner(cgroup.path)([actor, 'storm', '5000', '4', actor, 'nothing'])).code, 0);
  const events: ProbeEvent[] = [];
  const link = connectProbe(child.stdio[3] as Socket, { onEvent: (event) => events.push(event) });
  const stats = await link.flush();
  assert.ok(stats.probeDropped.exec > 0);
  assertAccounted(stats, events);
  link.close();
  await once(child, 'exit');
});

/** A probe has given up its capabilities once it is armed. */
async function armed(child: ChildProcess): Promise<void> {
  await until(() => readFileSync(`/proc/${child.pid}/status`, 'utf8').includes('NoNewPrivs:\t1'));
}

test('a flush gives everything before it, also in the middle of a storm', { skip }, async () => {
  await observe(async (run, local) => {
    const storm = run([actor, 'storm', '3000', '4', actor, 'nothing']);
    const flushes = await Promise.all(Array.from({ length: 20 }, () => local.flush()));
    assert.equal(flushes.length, 20);
    await storm;
  });
});

/** As bpftool lists them; empty if there are none. */
function listPrograms(cgroup: string): string {
  const PATH = `${process.env.PATH}:/usr/sbin:/sbin`;
  return execFileSync('bpftool', ['cgroup', 'show', cgroup], { encoding: 'utf8', env: { PATH } });
}

test('killing the probe leaves the job alone and its cgroup without programs', { skip }, async () => {
  await using cgroup = makeCgroup('');
  const local = spawnProbe({ probe, cgroup: cgroup.path }, { onEvent: () => {} });
  await local.hello;
  const job = runner(cgroup.path)([
    '/bin/sh',
    '-c',
    `${actor} storm 500 4 ${actor} nothing && ${actor} connect 4 udp 9`,
  ]);
  assert.match(listPrograms(cgroup.path), /sensor_connect4/);
  process.kill(local.pid ?? 0, 'SIGKILL');
  assert.equal(await local.exited, null);
  assert.deepEqual(await job, { code: 0, signal: null });
  assert.equal(listPrograms(cgroup.path), '');
  await assert.rejects(local.flush(), { code: 'probe-link-closed' });
});

test('programs that a job with CAP_SYS_ADMIN detaches are counted, and what follows is not said to be whole', {
  skip,
}, async () => {
  const { hello, stats, connects } = await observe(async (run, local, cgroup) => {
    assert.equal((await local.flush()).detached, 0);
    const find = `bpftool cgroup show ${cgroup} | awk '$2 == "cgroup_inet4_connect" { print $1 }'`;
    const detach = `bpftool link list | awk -F '[: ]+' -v id=$(${find}) '$2 == "cgroup" && $4 == id { print $1 }' | xargs bpftool link detach id`;
    assert.equal((await run(['sh', '-c', detach])).code, 0);
    await run([actor, 'connect', '4', 'tcp', '9']);
  });
  assert.deepEqual([stats.detached, connects.length], [1, 0]);
  const coverage = new Coverage();
  coverage.hello(hello);
  coverage.stats(stats);
  assert.deepEqual([coverage.report(0).detached, coverage.report(0).complete], [1, false]);
});

test('a probe that cannot arm says why, on its link and by its status', { skip }, async () => {
  const local = spawnProbe({ probe, cgroup: '/proc' }, { onEvent: () => {} });
  const hello = await local.hello;
  assert.deepEqual([hello.armed, hello.tier], [false, 'blind']);
  assert.match(hello.reason ?? '', /cannot make a cgroup below \/proc/);
  assert.equal(await local.exited, 3);
});
