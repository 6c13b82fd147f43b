import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FirstProcess, resultOfContainers } from './containers.ts';
import { FakeKernel } from './testing/fake-kernel.ts';
import { replay } from './testing/recording.ts';

function ended(from: number, to: number, exitCode: number | null, signal: number | null = null): FirstProcess {
  return { start: BigInt(from), end: BigInt(to), exitCode, signal };
}
const running = { start: 2n, end: null, exitCode: null, signal: null };

const pods: [string, FirstProcess[], string | null][] = [
  ['one container, whatever ended it', [ended(1, 9, 0)], 'success'],
  ['one that failed', [ended(1, 9, 3)], 'failure'],
  ['one that a signal ended', [ended(1, 9, null, 9)], 'failure'],
  ['none, or one that still runs', [running], null],
  ['an init container, and then one that failed', [ended(1, 2, 0), ended(3, 9, 1)], 'failure'],
  ['an init container that failed, and nothing after it', [ended(1, 2, 1)], 'failure'],
  ['one that failed and was started again', [ended(1, 2, 1), ended(3, 9, 0)], 'success'],
  ['two of which one failed', [ended(1, 9, 0), ended(2, 8, 1)], 'failure'],
  ['one that succeeded, and one beside it that was told to end then', [ended(1, 9, 143), ended(2, 8, 0)], null],
];

for (const [name, containers, result] of pods)
  test(`a pod's result is what the ends of its containers say: ${name}`, () => {
    assert.equal(resultOfContainers(containers), result);
  });

test('a plain pod succeeds or fails with its container, and says whose word that is', () => {
  for (const [code, expected] of [
    [0, 'success'],
    [3, 'failure'],
  ] as const) {
    const kernel = new FakeKernel();
    const first = kernel.process(1, { origin: 'container' });
    kernel.exec(first, '/bin/sh');
    kernel.exec(first, '/usr/bin/make');
    kernel.exit(kernel.spawn(first, '/usr/bin/cc'), 1);
    kernel.exit(first, code);
    const [, , , step, job] = replay(kernel, { engine: 'generic' }).spans;
    const [result, source] = ['cicd.pipeline.task.run.result', 'chaperone.step.result.source'];
    assert.deepEqual([step?.attributes[result], step?.attributes[source]], [expected, 'container']);
    assert.deepEqual([job?.attributes[result], job?.error], [expected, code === 0 ? null : {}]);
  }
});

test("the first process of the job's own pid namespace, and what was executed into the pod, say nothing of the pod", () => {
  const kernel = new FakeKernel();
  const first = kernel.process(50, { origin: 'container' });
  kernel.exec(first, '/bin/sh');
  const nested = kernel.fork(first, 1);
  kernel.exec(nested, '/sbin/init');
  kernel.exit(nested, 1);
  const entered = kernel.process(1, { origin: 'joined' });
  kernel.exec(entered, '/bin/sh');
  kernel.exit(entered, 1);
  kernel.exit(first, 1);
  const { spans } = replay(kernel, { engine: 'generic' });
  assert.equal(spans.at(-1)?.attributes['cicd.pipeline.task.run.result'], undefined);
});
