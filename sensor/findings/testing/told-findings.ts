import { findingSeverity, findingSubject } from '../../../crds/attributes.ts';
import { FakeKernel, type FakeProcess, helloEvent } from '../../lineage/testing/fake-kernel.ts';
import { type Recording, replay } from '../../lineage/testing/recording.ts';
import type { FinishedSpan } from '../../spans/finished-span.ts';

/** What a step does, in its shell; `worker` is the runner that started it. */
export type Act = (kernel: FakeKernel, shell: FakeProcess, worker: FakeProcess) => void;

/** A GitHub job in which every act is one step's: `/home/runner/work/web/web` is its workspace. */
export class JobOfSteps {
  readonly kernel = new FakeKernel();
  readonly worker: FakeProcess;
  #steps = 0;

  constructor() {
    const listener = this.kernel.spawn(this.kernel.process(), '/home/runner/bin/Runner.Listener');
    this.worker = this.kernel.spawn(listener, '/home/runner/bin/Runner.Worker');
  }

  step(act: Act): this {
    this.#steps += 1;
    const env = { GITHUB_ACTION: `__run_${this.#steps}`, GITHUB_RUN_ID: '90001', RUNNER_NAME: 'runner-1' };
    const shell = this.kernel.spawn(this.worker, '/usr/bin/bash', { env, cwd: workspace });
    act(this.kernel, shell, this.worker);
    this.kernel.exit(shell);
    return this;
  }

  end(options: object = {}, hello = helloEvent()): Recording {
    this.kernel.exit(this.worker, 100);
    return replay(this.kernel, options, hello);
  }
}

export const workspace = '/home/runner/work/web/web';

/** What one step's act is found to be. */
export function foundIn(act: Act): string[] {
  return told(new JobOfSteps().step(act).end().spans);
}

/** `Critical runner-memory Runner.Worker`, in order of time. */
export function told(spans: readonly FinishedSpan[]): string[] {
  return findingSpans(spans).map(({ attributes }) =>
    ['severity', 'rule', 'subject']
      .map(
        (part) =>
          attributes[{ severity: findingSeverity, rule: 'security_rule.name', subject: findingSubject }[part] ?? ''],
      )
      .join(' '),
  );
}

export function findingSpans(spans: readonly FinishedSpan[]): FinishedSpan[] {
  return spans
    .filter(({ attributes }) => 'security_rule.name' in attributes)
    .sort((one, other) => Number(one.start - other.start));
}
