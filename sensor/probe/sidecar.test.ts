import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { decodeFrame } from '../decode/decode-frame.ts';
import type { ExecEvent, HelloEvent, ProbeEvent, StatsEvent } from '../decode/events.ts';
import { FrameSplitter } from '../decode/frame-splitter.ts';
import { actor, scratchFolder } from './testing/actor.ts';
import { makeCgroup, probe, skip, until } from './testing/machine.ts';
import { type Run, runner } from './testing/observe.ts';

const uid = '5d3c1a52-0f7e-4f3a-9a55-2b1f0c9d8e7f';

/** A pod as a node has it: its cgroup, the sensor's container with the probe in it, and another container for the job. */
interface Pod extends AsyncDisposable {
  readonly run: Run;
  readonly sidecar: ChildProcess;
  /** What the stand-in for Node was sent, decoded; `child` names its file. */
  readonly received: () => ProbeEvent[];
  readonly stderr: () => string;
  readonly folder: string;
}

interface PodOptions {
  readonly child: (file: string) => readonly string[];
  readonly env?: Record<string, string>;
  readonly container?: string;
  /** Runs the probe. */
  readonly wrapper?: readonly string[];
}

async function startPod({ child, env = {}, container = 'sensor', wrapper = [] }: PodOptions): Promise<Pod> {
  const pod = makeCgroup(`kubepods/pod${uid}/${container}`);
  const podPath = pod.path.slice(0, pod.path.indexOf(uid) + uid.length);
  const job = join(podPath, 'job');
  mkdirSync(job);
  const folder = mkdtempSync(join(scratchFolder, 'pod-'));
  chmodSync(folder, 0o777);
  const file = join(folder, 'received');
  const log = join(folder, 'termination-log');
  writeFileSync(log, '');
  const args = [
    'exec',
    '--cgroup',
    pod.path,
    '--',
    ...wrapper,
    probe,
    'sidecar',
    '--run-dir',
    folder,
    '--termination-log',
    log,
    '--child',
    ...child(file),
  ];
  const sidecar = spawn(probe, args, { stdio: ['ignore', 'ignore', 'pipe'], env: { PATH: '/usr/bin:/bin', ...env } });
  let stderr = '';
  sidecar.stderr?.on('data', (text: Buffer) => {
    stderr += text.toString();
  });
  return {
    run: runner(job),
    sidecar,
    folder,
    received: () => decodeFile(file),
    stderr: () => stderr,
    [Symbol.asyncDispose]: () => pod[Symbol.asyncDispose](),
  };
}

function decodeFile(file: string): ProbeEvent[] {
  if (!existsSync(file)) return [];
  return new FrameSplitter()
    .push(readFileSync(file))
    .map(decodeFrame)
    .filter((decoded) => typeof decoded !== 'string');
}

const peer = (file: string) => [actor, 'peer', file];

function execs(events: readonly ProbeEvent[]): ExecEvent[] {
  return events.filter((event) => event.kind === 'exec');
}

function hellos(events: readonly ProbeEvent[]): HelloEvent[] {
  return events.filter((event) => event.kind === 'hello');
}

/** The Node processes that the probe has now. */
function childrenOf(pid: number | undefined): string[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .split(' ')
    .filter((child) => child !== '');
}

async function end(sidecar: ChildProcess): Promise<number | null> {
  sidecar.kill('SIGTERM');
  if (sidecar.exitCode === null) await once(sidecar, 'exit');
  return sidecar.exitCode;
}

test("the pod's processes are told, and none of the sensor's container", { skip }, async () => {
  await using pod = await startPod({ child: peer });
  await until(() => hellos(pod.received()).length === 1);
  await pod.run([actor, 'connect', '4', 'udp', '9']);
  await until(() => pod.received().some((event) => event.kind === 'exit'));
  assert.deepEqual(
    execs(pod.received()).map((exec) => exec.argv[1]),
    ['connect'],
  );
  const [hello] = hellos(pod.received());
  assert.deepEqual([hello?.armed, hello?.mode, hello?.restarts], [true, 'sidecar', 0]);
  assert.equal(await end(pod.sidecar), 0);
});

test("a sub-group that the runtime adds is seen through by the pod's uid", { skip }, async () => {
  await using pod = await startPod({
    child: peer,
    container: 'crun-sensor.scope/container',
    env: { CHAPERONE_POD_UID: uid },
  });
  await until(() => hellos(pod.received()).length === 1);
  await pod.run(['/bin/true']);
  await until(() => execs(pod.received()).length === 1);
});

test('probe and Node keep no capability and no way to one', { skip }, async () => {
  await using pod = await startPod({ child: peer });
  await until(() => hellos(pod.received()).length === 1);
  const pids = [`${pod.sidecar.pid}`, ...childrenOf(pod.sidecar.pid)];
  assert.equal(pids.length, 2);
  for (const pid of pids) {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    for (const set of ['Inh', 'Prm', 'Eff', 'Bnd', 'Amb']) assert.match(status, new RegExp(`^Cap${set}:\t0+$`, 'm'));
    assert.match(status, /^NoNewPrivs:\t1$/m);
    assert.match(status, /^Uid:\t65532\t65532\t65532\t65532$/m);
    assert.match(status, /^Gid:\t65532\t65532\t65532\t65532$/m);
    assert.match(status, /^Groups:\t ?$/m);
  }
  // Of a process that nobody may trace, root owns the files in /proc.
  assert.equal(statSync(`/proc/${pod.sidecar.pid}/environ`).uid, 0);
});

test("Node has the link as its third descriptor and none of the kernel's objects", { skip }, async () => {
  await using pod = await startPod({ child: peer });
  await until(() => hellos(pod.received()).length === 1);
  const folder = `/proc/${childrenOf(pod.sidecar.pid)[0]}/fd`;
  const links = new Map(readdirSync(folder).map((fd) => [fd, readlinkSync(join(folder, fd))]));
  assert.match(links.get('3') ?? '', /^socket:/);
  assert.deepEqual(
    [...links.values()].filter((link) => link.includes('anon_inode') || link.includes('bpf')),
    [],
  );
});

test('a Node that dies is started again, with a hello that says so, and loses no frame it had not read', {
  skip,
}, async () => {
  await using pod = await startPod({
    child: (file) => [
      '/bin/sh',
      '-c',
      `[ -e ${file}.once ] && exec ${peer(file).join(' ')}; : > ${file}.once; exec ${actor} mortal ${file}.first 64`,
    ],
  });
  await until(() => hellos(pod.received()).length === 1);
  assert.equal(hellos(pod.received())[0]?.restarts, 1);
  await pod.run([actor, 'storm', '100', '2', actor, 'nothing']);
  await until(() => execs(pod.received()).length === 101);
  assert.equal(await end(pod.sidecar), 0);
  assert.match(pod.stderr(), /Node process ended \(status 1\)/);
});

test('events while there is no Node wait for the next one', { skip }, async () => {
  await using pod = await startPod({
    child: (file) => ['/bin/sh', '-c', `[ -e ${file}.go ] && exec ${peer(file).join(' ')}; exit 1`],
  });
  await until(() => pod.stderr().includes('Node process ended'));
  await pod.run([actor, 'storm', '50', '2', actor, 'nothing']);
  writeFileSync(join(pod.folder, 'received.go'), '');
  await until(() => execs(pod.received()).length === 51);
  assert.ok((hellos(pod.received())[0]?.restarts ?? 0) >= 1);
});

test("what an earlier Node was given stands in the next one's hello, so the account adds up", { skip }, async () => {
  await using pod = await startPod({ child: peer });
  await until(() => hellos(pod.received()).length === 1);
  await pod.run([actor, 'storm', '30', '2', actor, 'nothing']);
  await until(() => pod.received().filter((event) => event.kind === 'exit').length === 31);
  process.kill(Number(childrenOf(pod.sidecar.pid)[0]), 'SIGKILL');
  await until(() => hellos(pod.received()).length === 2);
  const stats = () => pod.received().findLast((event): event is StatsEvent => event.kind === 'stats');
  await until(() => stats()?.produced.exec === 31);
  assert.deepEqual(hellos(pod.received())[1]?.forwardedBefore, stats()?.produced);
});

test('a frame that a Node was given in part goes whole to the next one', { skip }, async () => {
  const deafFirst = (file: string) => [
    '/bin/sh',
    '-c',
    `[ -e ${file}.peer ] && exec ${peer(file).join(' ')}; [ -e ${file}.deaf ] && exec sleep 1000; exit 1`,
  ];
  await using pod = await startPod({ child: deafFirst });
  await until(() => pod.stderr().includes('Node process ended'));
  // Gathered while there is no Node, it is more than a socket takes at once: the deaf one gets the start of a frame.
  await pod.run([actor, 'storm', '2000', '4', actor, 'nothing']);
  writeFileSync(join(pod.folder, 'received.deaf'), '');
  const isDeaf = (pid: string) => readFileSync(`/proc/${pid}/comm`, 'utf8') === 'sleep\n';
  await until(() => childrenOf(pod.sidecar.pid).some(isDeaf));
  writeFileSync(join(pod.folder, 'received.peer'), '');
  process.kill(Number(childrenOf(pod.sidecar.pid)[0]), 'SIGKILL');
  await until(() => pod.received().findLast((event) => event.kind === 'stats')?.produced.exec === 2001);
  const before = hellos(pod.received())[0]?.forwardedBefore.exec ?? 0;
  assert.ok(before > 0);
  await until(() => execs(pod.received()).length === 2001 - before);
});

test("a Node that takes too much of the container's memory is started again", { skip }, async () => {
  const limit = 64 << 20;
  await using pod = await startPod({
    child: (file) => [
      '/bin/sh',
      '-c',
      `[ -e ${file}.once ] && exec ${peer(file).join(' ')}; : > ${file}.once; exec ${actor} hungry ${(limit / 8) * 7} ${file}.hungry`,
    ],
    env: { CHAPERONE_MEMORY_LIMIT_BYTES: `${limit}` },
  });
  await until(() => hellos(pod.received()).length === 1);
  assert.match(pod.stderr(), /holds 5\d MiB of the container's 64 MiB and is started again/);
  assert.equal(hellos(pod.received())[0]?.restarts, 1);
});

test('a sensor that cannot load still starts Node, says why everywhere, and ends with 0', { skip }, async () => {
  const folder = mkdtempSync(join(scratchFolder, 'blind-'));
  chmodSync(folder, 0o777);
  const log = join(folder, 'log');
  writeFileSync(log, '');
  // In the root cgroup there is no pod to observe.
  const sidecar = spawn(
    probe,
    ['sidecar', '--run-dir', folder, '--termination-log', log, '--child', ...peer(join(folder, 'received'))],
    { stdio: 'ignore' },
  );
  await until(() => hellos(decodeFile(join(folder, 'received'))).length === 1);
  const [hello] = hellos(decodeFile(join(folder, 'received')));
  assert.equal(hello?.armed, false);
  assert.match(hello?.reason ?? '', /no pod to observe/);
  assert.equal(readFileSync(log, 'utf8'), hello?.reason);
  assert.equal(await end(sidecar), 0);
});

test('what is left to PID 1 is reaped', { skip }, async () => {
  const child = (file: string) => ['/bin/sh', '-c', `(/bin/true &); (/bin/true &); exec ${peer(file).join(' ')}`];
  await using pod = await startPod({ child, wrapper: ['/usr/bin/unshare', '--pid', '--fork', '--mount-proc'] });
  await until(() => hellos(pod.received()).length === 1);
  const init = Number(childrenOf(pod.sidecar.pid)[0]);
  await until(() => childrenOf(init).length === 1);
  process.kill(init, 'SIGTERM');
  await once(pod.sidecar, 'exit');
  assert.equal(pod.sidecar.exitCode, 0);
});

test('the postStart hook returns once the sidecar is armed', { skip }, async () => {
  await using pod = await startPod({ child: peer });
  const hook = spawn(probe, ['wait-armed', '--run-dir', pod.folder], { env: { CHAPERONE_FAILURE_MODE: 'Closed' } });
  const [code] = await once(hook, 'exit');
  assert.equal(code, 0);
});

/** Reads its token as Node would, then goes on as the usual stand-in. */
const tokenReader = (file: string) => [
  '/bin/sh',
  '-c',
  `cat "$CHAPERONE_TOKEN_FILE" >${file}.token && echo "$CHAPERONE_TOKEN_FILE" >${file}.path; exec ${actor} peer ${file}`,
];

async function startWithToken(mode: number, group: number): Promise<{ pod: Pod; token: string }> {
  const token = join(mkdtempSync(join(scratchFolder, 'token-')), 'token');
  chmodSync(join(token, '..'), 0o755);
  writeFileSync(token, 'first');
  chownSync(token, 0, group);
  chmodSync(token, mode);
  const pod = await startPod({ child: tokenReader, env: { CHAPERONE_TOKEN_FILE: token } });
  await until(() => hellos(pod.received()).length === 1);
  return { pod, token };
}

test('a token that only root may read reaches Node all the same, renewed too', { skip }, async () => {
  const { pod, token } = await startWithToken(0o600, 0);
  await using _ = pod;
  const copy = readFileSync(join(pod.folder, 'received.path'), 'utf8').trim();
  assert.equal(readFileSync(join(pod.folder, 'received.token'), 'utf8'), 'first');
  writeFileSync(`${token}.new`, 'second');
  renameSync(`${token}.new`, token);
  await until(() => readFileSync(copy, 'utf8') === 'second');
  const [node = ''] = childrenOf(pod.sidecar.pid);
  assert.match(readFileSync(`/proc/${node}/status`, 'utf8'), /^Uid:\t65532\t65532\t65532\t65532$/m);
  assert.match(readFileSync(`/proc/${pod.sidecar.pid}/status`, 'utf8'), /^CapPrm:\t0+$/m);
});

test('a token that a group may read is read by way of the group', { skip }, async () => {
  const { pod, token } = await startWithToken(0o640, 4711);
  await using _ = pod;
  assert.equal(readFileSync(join(pod.folder, 'received.path'), 'utf8').trim(), token);
  assert.match(readFileSync(`/proc/${pod.sidecar.pid}/status`, 'utf8'), /^Groups:\t4711 ?$/m);
});
