import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeKernel, type FakeProcess } from '../lineage/testing/fake-kernel.ts';
import { executionsOf, replay, spanNamed } from '../lineage/testing/recording.ts';
import { defaultBudget } from './budget.ts';

/** A runner with one step, whose shell is given; the step ends, then the job. */
function step(act: (kernel: FakeKernel, shell: FakeProcess, runner: FakeProcess) => void, tight = false) {
  const kernel = new FakeKernel();
  const runner = kernel.process();
  kernel.exec(runner, '/runner/Runner.Worker');
  const shell = kernel.spawn(runner, '/bin/bash', { env: { GITHUB_ACTION: '__run', GITHUB_JOB: 'build' } });
  act(kernel, shell, runner);
  kernel.exit(shell, 0, 0, { userTime: 1_000_000_000n, systemTime: 500_000_000n, peakMemory: 1000 });
  kernel.exit(runner, 100);
  const budget = tight ? { ...defaultBudget, stepProcesses: 1 } : defaultBudget;
  return replay(kernel, { engine: 'github-actions', budget }).spans;
}

test('CPU time and memory stand on the process, and added up on step and job', () => {
  const spans = step((kernel, shell) => {
    const child = kernel.spawn(shell, '/usr/bin/cc');
    kernel.exit(child, 0, 0, { userTime: 250_000_000n, systemTime: 0n, peakMemory: 5000 });
    kernel.exit(kernel.fork(shell), 0, 0, { userTime: 0n, systemTime: 1_000_000n, peakMemory: null });
  });
  const told = (name: string) => {
    const { attributes } = spanNamed(spans, name);
    return ['chaperone.cpu.user', 'chaperone.cpu.system', 'chaperone.memory.peak'].map((key) => attributes[key]);
  };
  assert.deepEqual(told('cc'), [0.25, 0, 5000]);
  assert.deepEqual(told('bash'), [1, 0.5, 1000]);
  assert.deepEqual(
    [told('__run'), told('build')],
    [
      [1.25, 0.501, 5000],
      [1.25, 0.501, 5000],
    ],
  );
});

test('a change of user is an event of its process, and counted on the step', () => {
  const spans = step((kernel, shell) => {
    const sudo = kernel.spawn(shell, '/usr/bin/sudo', { traits: { secure: true } });
    kernel.changeCredentials(sudo, { euid: 0, capabilities: 0b1000_0001n }, 'exec');
    kernel.exit(sudo);
  });
  assert.deepEqual(
    spanNamed(spans, 'sudo').events.map(({ name, attributes }) => [name, attributes]),
    [
      [
        'chaperone.privilege.change',
        {
          'chaperone.privilege.cause': 'executable',
          'chaperone.privilege.effective_user.before': 1000,
          'chaperone.privilege.effective_user.after': 0,
          'chaperone.privilege.capabilities.gained': ['CHOWN', 'SETUID'],
          'chaperone.count': 1,
        },
      ],
    ],
  );
  assert.equal(spanNamed(spans, '__run').attributes['chaperone.privilege.changes.count'], 1);
});

test('neither a change of user nor a program in memory can be hidden behind many others', () => {
  const spans = step((kernel, shell) => {
    for (let i = 0; i < 50; i += 1) kernel.run(shell, '/bin/true');
    const sudo = kernel.spawn(shell, '/usr/bin/sudo');
    kernel.changeCredentials(sudo, { euid: 0 });
    kernel.exit(sudo);
    kernel.run(shell, '/dev/fd/3', { path: '/memfd:ghost', traits: { memfd: true, descriptor: true } });
  }, true);
  assert.deepEqual([executionsOf(spans).true, spanNamed(spans, 'sudo').events.length], [50, 1]);
  assert.deepEqual(spanNamed(spans, 'memfd:ghost').attributes['chaperone.process.execution'], ['memfd', 'descriptor']);
});

test('changes beyond what a span can tell are counted on it', () => {
  const spans = step((kernel, shell) => {
    for (let i = 0; i < 100; i += 1) kernel.changeCredentials(shell, { euid: 2000 + i });
  });
  const shell = spanNamed(spans, 'bash');
  assert.deepEqual([shell.events.length, shell.attributes['chaperone.events.untold']], [64, 36]);
  assert.equal(spanNamed(spans, '__run').attributes['chaperone.privilege.changes.count'], 100);
});

test('a change of user by what a process left behind is counted, its span being gone', () => {
  const spans = step((kernel, shell) => {
    const parent = kernel.spawn(shell, '/usr/bin/daemonize');
    const daemon = kernel.fork(parent);
    kernel.exit(parent);
    kernel.changeCredentials(daemon, { euid: 0 });
    kernel.exit(daemon);
  });
  const { attributes } = spanNamed(spans, '__run');
  assert.deepEqual([attributes['chaperone.privilege.changes.count'], attributes['chaperone.events.untold']], [1, 1]);
});

test('what a loader runs gives the span its name', () => {
  const argv = ['/lib64/ld-linux-x86-64.so.2', '/opt/tool'];
  const spans = step((kernel, shell) => kernel.run(shell, argv[0] ?? '', { argv }));
  const { attributes } = spanNamed(spans, 'tool');
  assert.deepEqual(
    ['process.executable.name', 'chaperone.process.program'].map((key) => attributes[key]),
    ['ld-linux-x86-64.so.2', '/opt/tool'],
  );
});

test('a process of no step says where it comes from', () => {
  const spans = step((kernel, _, runner) => {
    kernel.run(runner, '/bin/tar');
    for (const [name, origin] of [
      ['sh', 'joined'],
      ['postgres', 'container'],
      ['cron', 'before'],
    ] as const) {
      const process = kernel.process();
      kernel.exec(process, `/bin/${name}`, { origin });
      kernel.exit(process);
    }
  });
  const origins = ['tar', 'sh', 'postgres', 'cron', 'bash'].map(
    (name) => spanNamed(spans, name).attributes['chaperone.process.origin'],
  );
  assert.deepEqual(origins, ['runner', 'exec', 'container', 'before', undefined]);
});
