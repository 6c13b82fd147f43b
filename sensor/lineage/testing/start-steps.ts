import type { FakeKernel, FakeProcess } from './fake-kernel.ts';

/** The worker of a GitHub runner. */
export function startWorker(kernel: FakeKernel): FakeProcess {
  return kernel.spawn(kernel.process(), '/home/runner/bin/Runner.Worker');
}

let guid = 0;
/** The first process of a step of its, a shell. */
export function startStep(kernel: FakeKernel, worker: FakeProcess, action: string): FakeProcess {
  guid += 1;
  const output = `/w/_temp/_runner_file_commands/set_output_00000000-0000-4000-8000-${String(guid).padStart(12, '0')}`;
  const env = { GITHUB_ACTION: action, GITHUB_OUTPUT: output, GITHUB_RUN_ID: '90001', RUNNER_NAME: 'runner-1' };
  return kernel.spawn(worker, '/usr/bin/bash', { env });
}
