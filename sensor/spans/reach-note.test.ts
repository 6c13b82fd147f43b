import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeKernel, type FakeProcess, helloEvent } from '../lineage/testing/fake-kernel.ts';
import { replay, spanNamed } from '../lineage/testing/recording.ts';
import { defaultBudget } from './budget.ts';

/** A runner with one step, whose shell is given, in a trace that has no room for processes that only come and go. */
function traceStep(act: (kernel: FakeKernel, shell: FakeProcess, runner: FakeProcess) => void) {
  const kernel = new FakeKernel();
  const runner = kernel.process();
  kernel.exec(runner, '/runner/Runner.Worker');
  const shell = kernel.spawn(runner, '/bin/bash', { env: { GITHUB_ACTION: '__run', GITHUB_JOB: 'build' } });
  act(kernel, shell, runner);
  kernel.exit(shell);
  kernel.exit(runner, 100);
  return replay(kernel, { engine: 'github-actions', budget: { ...defaultBudget, stepProcesses: 1 } }).spans;
}

test("who reads the runner's memory is told on its own span with the runner's name, and counted on step and job", () => {
  const spans = traceStep((kernel, shell, runner) => {
    const thief = kernel.spawn(shell, '/usr/bin/python3');
    kernel.reach(thief, runner);
    kernel.exit(thief);
  });
  const [event] = spanNamed(spans, 'python3').events;
  assert.deepEqual(
    [event?.name, event?.attributes],
    [
      'chaperone.memory.access',
      {
        'chaperone.memory.way': 'process_vm_readv',
        'chaperone.memory.target.pid': 100,
        'chaperone.memory.target.executable': '/runner/Runner.Worker',
        'chaperone.count': 1,
      },
    ],
  );
  for (const name of ['__run', 'build'])
    assert.equal(spanNamed(spans, name).attributes['chaperone.memory.accesses.count'], 1);
});

test('a target from before the sensor is told by the name that the kernel has, made harmless, and a refusal as one', () => {
  const spans = traceStep((kernel, shell) => {
    const thief = kernel.spawn(shell, '/usr/bin/gdb');
    const target = { image: null, pid: 1, nsPid: 1, startTime: 1n, name: 'in\u001bit' };
    kernel.reach(thief, shell, { target, way: 'ptrace', denied: true });
    kernel.exit(thief);
  });
  const { attributes } = spanNamed(spans, 'gdb').events[0] ?? {};
  assert.ok(!String(attributes?.['chaperone.memory.target.executable']).includes('\u001b'));
  assert.equal(attributes?.['chaperone.memory.denied'], true);
});

test('a target that only a system call named is told by its number there', () => {
  const spans = traceStep((kernel, shell) => {
    const thief = kernel.spawn(shell, '/usr/bin/python3');
    const target = { image: null, pid: 0, nsPid: 7, startTime: 0n, name: '' };
    kernel.reach(thief, shell, { target, hook: 'call' });
    kernel.exit(thief);
  });
  assert.deepEqual(spanNamed(spans, 'python3').events[0]?.attributes, {
    'chaperone.memory.way': 'process_vm_readv',
    'chaperone.memory.target.vpid': 7,
    'chaperone.count': 1,
  });
});

test('modules, BPF programs and namespaces are told on the span of the process, and counted on step and job', () => {
  const spans = traceStep((kernel, shell) => {
    const tool = kernel.spawn(shell, '/usr/bin/tool');
    kernel.takePrivilege(tool);
    kernel.takePrivilege(tool, { act: 'module', name: 'dummy', namespaces: [] });
    kernel.takePrivilege(tool, { act: 'bpf', name: 'intruder', namespaces: [], programType: 1 });
    kernel.exit(tool);
  });
  assert.deepEqual(
    spanNamed(spans, 'tool').events.map(({ name, attributes }) => [name, ...Object.values(attributes)]),
    [
      ['chaperone.privilege.change', 'namespaces', ['net'], 1],
      ['chaperone.privilege.change', 'module', 'dummy', 1],
      ['chaperone.privilege.change', 'bpf', 'intruder', 1, 1],
    ],
  );
  for (const name of ['__run', 'build'])
    assert.equal(spanNamed(spans, name).attributes['chaperone.privilege.changes.count'], 3);
});

test("the job's span says the tier", () => {
  const kernel = new FakeKernel();
  const shell = kernel.process();
  kernel.exec(shell, '/bin/sh');
  kernel.exit(shell);
  const { spans } = replay(
    kernel,
    { identity: { kind: 'command', name: 'sh', seed: 'one' } },
    helloEvent({ tier: 'lsm' }),
  );
  assert.equal(spans.at(-1)?.attributes['chaperone.coverage.tier'], 'lsm');
});
