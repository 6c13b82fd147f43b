import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
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
import { actor, scratchFolder } from './testing/actor.ts';
import { probe, skip, until } from './testing/machine.ts';
import { childrenOf, decodeFile, end, execs, hellos, type Pod, peer, startPod, uid } from './testing/pod.ts';

test("the pod's processes are told, and none of the sensor's container", { skip }, async () => {
  await using pod = startPod({ child: peer });
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
  await using pod = startPod({
    child: peer,
    container: 'crun-sensor.scope/container',
    env: { CHAPERONE_POD_UID: uid },
  });
  await until(() => hellos(pod.received()).length === 1);
  await pod.run(['/bin/true']);
  await until(() => execs(pod.received()).length === 1);
});

test('probe and Node keep no capability and no way to one', { skip }, async () => {
  await using pod = startPod({ child: peer });
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
  await using pod = startPod({ child: peer });
  await until(() => hellos(pod.received()).length === 1);
  const folder = `/proc/${childrenOf(pod.sidecar.pid)[0]}/fd`;
  const links = new Map(readdirSync(folder).map((fd) => [fd, readlinkSync(join(folder, fd))]));
  assert.match(links.get('3') ?? '', /^socket:/);
  assert.deepEqual(
    [...links.values()].filter((link) => link.includes('anon_inode') || link.includes('bpf')),
    [],
  );
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
  await using pod = startPod({ child, wrapper: ['/usr/bin/unshare', '--pid', '--fork', '--mount-proc'] });
  await until(() => hellos(pod.received()).length === 1);
  const init = Number(childrenOf(pod.sidecar.pid)[0]);
  await until(() => childrenOf(init).length === 1);
  process.kill(init, 'SIGTERM');
  await once(pod.sidecar, 'exit');
  assert.equal(pod.sidecar.exitCode, 0);
});

test('the postStart hook returns once the sidecar is armed', { skip }, async () => {
  await using pod = startPod({ child: peer });
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
  const pod = startPod({ child: tokenReader, env: { CHAPERONE_TOKEN_FILE: token } });
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

test('in Auto a pod is armed and its files are watched where that costs no system call', { skip }, async () => {
  await using pod = startPod({ child: peer, env: { CHAPERONE_WATCH_FILES: 'Auto' } });
  await until(() => hellos(pod.received()).length === 1);
  const [hello] = hellos(pod.received());
  assert.deepEqual([hello?.armed, hello?.fileWatch], [true, 'Auto']);
  assert.equal(hello?.watchesFiles, hello?.tier !== 'tracepoint');
});

test("files are watched if the pod's environment says so", { skip }, async () => {
  await using pod = startPod({ child: peer, env: { CHAPERONE_WATCH_FILES: 'Always' } });
  await until(() => hellos(pod.received()).length === 1);
  assert.equal(hellos(pod.received())[0]?.watchesFiles, true);
  const made = join(pod.folder, 'made');
  await pod.run(['/bin/sh', '-c', `: > ${made}`]);
  await until(() => pod.received().some((event) => event.kind === 'exit'));
  assert.ok(pod.received().some((event) => event.kind === 'file' && event.path === made));
});
