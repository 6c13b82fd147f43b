import type { FakeKernel, FakeProcess } from '../../../lineage/testing/fake-kernel.ts';

let guid = 0;
/** The environment that the runner gives to a step (fresh output file for every run of an action). */
export function stepEnv(action: string, more: Record<string, string> = {}): Record<string, string> {
  guid += 1;
  return {
    GITHUB_ACTION: action,
    GITHUB_OUTPUT: `/home/runner/_work/_temp/_runner_file_commands/set_output_${String(guid).padStart(8, '0')}-0000-4000-8000-000000000000`,
    GITHUB_JOB: 'build',
    GITHUB_RUN_ID: '9753949763',
    GITHUB_RUN_ATTEMPT: '1',
    GITHUB_REPOSITORY: 'octo/service',
    RUNNER_NAME: 'runner-1',
    ...more,
  };
}

export function startRunner(kernel: FakeKernel): { listener: FakeProcess; worker: FakeProcess } {
  const entry = kernel.process();
  kernel.exec(entry, '/home/runner/run.sh', { path: '/usr/bin/bash' });
  const listener = kernel.spawn(entry, '/home/runner/bin/Runner.Listener');
  kernel.connect(listener, '192.0.2.1', 443);
  const worker = kernel.spawn(listener, '/home/runner/bin/Runner.Worker', {
    argv: ['Runner.Worker', 'spawnclient', '1', '2'],
  });
  return { listener, worker };
}

export const step = (kernel: FakeKernel, worker: FakeProcess, env: Record<string, string>) =>
  kernel.spawn(worker, '/usr/bin/bash', { argv: ['/usr/bin/bash', '-e', '/home/runner/_work/_temp/1.sh'], env });
