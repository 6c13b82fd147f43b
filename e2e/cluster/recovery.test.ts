import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { after, describe, it, type TestContext } from 'node:test';
import { attempt, commandPath, run, until } from './commands.ts';

/** `down` after an `up` that ended well or was killed leaves the machine as it was. A cluster of the test's own, beside one that may be up. */
const suffix = '-recovery';
const state = `/run/chaperone-cluster${suffix}`;
process.env.CHAPERONE_CLUSTER = state;
await run(commandPath('down'), []); // of a test that was killed

/** Those that some program sets; counters and what the kernel measures left out. */
const settingOfTheMachine =
  /^(?!.*(random|ns_last_pid|dentry|inode|file-nr|aio-nr|pty\.nr|conntrack_count|\.netfilter\.nf_log|sched_domain|quota)).* = /;

/** What is there before anything of ours was started. */
const before = await traces();

describe('down', () => {
  after(() => run(commandPath('down'), []));

  for (const [moment, file] of [
    ['its certificates are made', 'pki/admin.conf'],
    ['images are imported', 'log/import.log'],
    ['the policy engine starts', 'run/cilium.pid'],
  ] as const) {
    it(`leaves nothing of an up that was killed while ${moment}`, async () => {
      await killedUp(file);
      await run(commandPath('down'), []);
      assert.deepEqual(await traces(), before);
    });
  }

  it('leaves nothing of a cluster that came up after a killed up, with a pod in it', async (t) => {
    await killedUp('run/kubelet.pid');
    await timed(t, 'up');
    await timed(t, 'up'); // says that it is up
    await run(commandPath('kubectl'), ['run', 'left', '--image=localhost/chaperone-base:1', '--', 'sleep', 'infinity']);
    await run(commandPath('kubectl'), ['wait', '--for=condition=Ready', 'pod/left', '--timeout=60s']);
    await timed(t, 'down');
    assert.deepEqual(await traces(), before);
  });

  it('has nothing to do without a cluster', async () => {
    await run(commandPath('down'), []);
    assert.deepEqual(await traces(), before);
  });
});

/** Starts `up` and kills it, and only it, once the file of the cluster's state exists. */
async function killedUp(file: string): Promise<void> {
  const up = spawn(commandPath('up'), { stdio: 'ignore' });
  const ended = once(up, 'exit');
  await until(300, async () => existsSync(`${state}/${file}`) || up.exitCode !== null, Boolean);
  assert.equal(up.exitCode, null, 'up ended before it could be killed');
  up.kill('SIGKILL');
  await ended;
}

async function timed(t: TestContext, command: string): Promise<void> {
  const start = performance.now();
  await run(commandPath(command), []);
  t.diagnostic(`${command} took ${((performance.now() - start) / 1000).toFixed(1)} s`);
}

/** Everything on the machine that a cluster could leave behind. */
async function traces(): Promise<Record<string, string[]>> {
  const lines = (text: string, keep: RegExp) => text.split('\n').filter((line) => keep.test(line));
  return {
    processes: await processes(),
    mounts: lines(await readFile('/proc/mounts', 'utf8'), /chaperone.*-recovery/),
    namespaces: (await readdir('/run/netns').catch(() => [])).filter((name) => name.endsWith(suffix)),
    links: (await run('ip', ['-br', 'link'])).split('\n').map((line) => line.split(/\s/)[0] ?? ''),
    routes: [
      ...(await run('ip', ['rule'])).split('\n'),
      ...(await run('ip', ['route', 'show', 'table', 'all'])).split('\n'),
    ],
    iptables: lines(await run('iptables-save', []), /^[-:*]/).map((line) => line.replace(/\[.*\]/, '')),
    cgroups: lines(await run('find', ['/sys/fs/cgroup', '-name', `chaperone-e2e${suffix}`]), /./),
    settings: lines((await attempt('sysctl', ['-a'])).stdout, settingOfTheMachine),
    folders: [
      state,
      `/var/lib/chaperone-cluster${suffix}`,
      '/run/containerd',
      '/run/cilium',
      '/var/lib/cni',
      '/var/lib/kubelet',
      '/var/log/containers',
      '/var/log/pods',
      '/usr/libexec/kubernetes',
      '/etc/cni',
      '/opt/cni',
      '/sys/fs/bpf/tc',
      '/sys/fs/bpf/cilium',
    ].filter(existsSync),
  };
}

async function processes(): Promise<string[]> {
  const found: string[] = [];
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    const [cgroup, command] = await Promise.all(
      ['cgroup', 'cmdline'].map((file) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '')),
    );
    if (command === '') continue; // a zombie that waits for init, or a thread of the kernel
    if (cgroup?.includes(`/chaperone-e2e${suffix}`) || command?.includes(`${state}/`)) found.push(`${pid} ${command}`);
  }
  return found;
}
