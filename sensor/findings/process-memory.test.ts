import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FakeProcess } from '../lineage/testing/fake-kernel.ts';
import { foundIn, JobOfSteps, told } from './testing/told-findings.ts';

const read = { operation: 'read' } as const;

test('a step that reads the memory of its runner is found, by every way', () => {
  const ways = ['ptrace', 'process_vm_readv', 'process_vm_writev', '/proc/PID/mem', 'pidfd_getfd', 'other'] as const;
  for (const way of ways) {
    const job = new JobOfSteps().step((kernel, shell, worker) => kernel.reach(shell, worker, { way }));
    assert.deepEqual(told(job.end().spans), ['Critical runner-memory Runner.Worker'], way);
  }
});

test('a read of /proc/PID/mem is one of memory where only files tell of it', () => {
  const job = new JobOfSteps().step((kernel, shell, worker) => {
    kernel.file(shell, `/proc/${worker.pid}/mem`, read);
    kernel.file(shell, `/proc/${shell.pid}/mem`, read);
  });
  assert.deepEqual(told(job.end().spans), ['Critical runner-memory Runner.Worker']);
});

test('a target that a system call told of by its number alone is found by it', () => {
  const job = new JobOfSteps().step((kernel, shell, worker) => {
    const target = { image: null, pid: 0, nsPid: worker.pid, startTime: 0n, name: '' };
    kernel.reach(shell, worker, { target, hook: 'call' });
  });
  assert.deepEqual(told(job.end().spans), ['Critical runner-memory Runner.Worker']);
});

test('the memory of a process of another step is a High finding, of the same step a Low one', () => {
  let daemon: FakeProcess | undefined;
  const job = new JobOfSteps().step((kernel, shell) => {
    daemon = kernel.spawn(shell, '/opt/daemon');
    const other = kernel.spawn(shell, '/usr/bin/gdb');
    kernel.reach(other, daemon);
    kernel.exit(other);
  });
  job.step((kernel, shell) => kernel.reach(shell, daemon as FakeProcess));
  assert.deepEqual(told(job.end().spans), ['Low process-memory daemon', 'High process-memory daemon']);
});

test('a debugger and a tracer on what they started are no finding', () => {
  const job = new JobOfSteps().step((kernel, shell) => {
    const gdb = kernel.spawn(shell, '/usr/bin/gdb');
    const child = kernel.fork(gdb);
    kernel.reach(gdb, child, { way: 'ptrace' });
    kernel.exec(child, '/src/test');
    kernel.reach(gdb, child, { way: '/proc/PID/mem' });
    kernel.reach(gdb, kernel.spawn(child, '/src/worker'), { way: 'ptrace' });
    kernel.file(gdb, `/proc/${child.pid}/environ`, read);
  });
  assert.deepEqual(told(job.end().spans), []);
});

test('the system’s ps opens every environment, which is worth a word only where it shows them', () => {
  const listed = (path: string, ...argv: string[]) =>
    foundIn((kernel, shell, worker) => {
      const ps = kernel.spawn(shell, path, { argv });
      for (const pid of [worker.pid, 7, 8]) kernel.file(ps, `/proc/${pid}/environ`, read);
    });
  assert.deepEqual(listed('/usr/bin/ps', 'ps', 'aux'), ['Info process-environment all processes']);
  const unknown = 'Medium process-environment a process that began before the sensor';
  const thieves = ['High process-environment Runner.Worker', unknown];
  for (const [path, ...argv] of [
    ['/usr/bin/ps', 'ps', 'auxe'],
    ['/tmp/ps', 'ps', 'aux'],
    ['/usr/bin/cat', 'cat'],
  ] as const)
    assert.deepEqual(listed(path, ...argv), thieves);
});

test('the environment of another process is found by whose it is', () => {
  const job = new JobOfSteps();
  job.step((kernel, shell, worker) => {
    const other = kernel.spawn(shell, '/usr/bin/python3');
    for (const pid of [worker.pid, shell.pid, 7]) kernel.file(other, `/proc/${pid}/environ`, read);
    kernel.exit(other);
  });
  assert.deepEqual(told(job.end().spans), [
    'High process-environment Runner.Worker',
    'Low process-environment bash',
    'Medium process-environment a process that began before the sensor',
  ]);
});

test('a step that lists processes and reads its own environment gives no finding', () => {
  const job = new JobOfSteps().step((kernel, shell, worker) => {
    const ps = kernel.spawn(shell, '/usr/bin/ps');
    for (const pid of [1, worker.pid, shell.pid]) kernel.file(ps, `/proc/${pid}/stat`, read);
    kernel.file(ps, `/proc/${ps.pid}/environ`, read);
    kernel.exit(ps);
  });
  assert.deepEqual(told(job.end().spans), []);
});

test('who reaches into the probe tampers with the sensor', () => {
  const job = new JobOfSteps().step((kernel, shell, worker) => {
    const target = { image: null, pid: 1, nsPid: 1, startTime: 1n, name: 'chaperone-probe' };
    kernel.reach(shell, worker, { target });
  });
  assert.deepEqual(told(job.end().spans), ['Critical sensor-touched the memory of its probe']);
});
