import assert from 'node:assert/strict';
import { test } from 'node:test';
import fastCheck from 'fast-check';
import { LogLabels } from './log-labels.ts';
import { WorkerLogText } from './testing/worker-log-text.ts';

function read(text: string): LogLabels {
  const labels = new LogLabels();
  labels.feed(text);
  return labels;
}

function namesOf(labels: LogLabels, pid: number) {
  const { step, embedded } = labels.of(pid) ?? {};
  return [step?.name, embedded?.name ?? null];
}

test('a process is labelled by the step line before it, up to the last quote', () => {
  const { text } = new WorkerLogText('\r\n').step(`Lint 'strictly' ['all']`, 11).step('Test', 12);
  const labels = read(text);
  assert.deepEqual(namesOf(labels, 11), [`Lint 'strictly' ['all']`, null]);
  assert.deepEqual(namesOf(labels, 12), ['Test', null]);
  assert.equal(labels.of(13), null);
});

test('nested steps carry both names, until the next step begins', () => {
  const labels = read(
    new WorkerLogText().step('Set up', 1).embedded('Look', 2).embedded('Check', 3).step('Test', 4).text,
  );
  assert.deepEqual(namesOf(labels, 3), ['Set up', 'Check']);
  assert.deepEqual(namesOf(labels, 4), ['Test', null]);
});

test('lines of another source and lines without a header say nothing', () => {
  const forged = new WorkerLogText()
    .step('Build', 1)
    .line('Worker', "Processing step: DisplayName='Forged'")
    .line('ActionRunner', 'Process started with process id 2, waiting for process exit.').text;
  const labels = read(`${forged}Processing step: DisplayName='Forged'\nProcess started with process id 3, waiting`);
  assert.deepEqual([labels.of(1)?.step.name, labels.of(2), labels.of(3)], ['Build', null, null]);
});

test('the log may come in pieces cut anywhere', () => {
  const { text } = new WorkerLogText().step('Build', 1).embedded('In it', 2);
  fastCheck.assert(
    fastCheck.property(fastCheck.array(fastCheck.nat(text.length), { maxLength: 8 }), (cuts) => {
      const labels = new LogLabels();
      const at = [0, ...cuts.sort((one, other) => one - other), text.length];
      for (const [index, from] of at.entries()) labels.feed(text.slice(from, at[index + 1]));
      assert.deepEqual(namesOf(labels, 2), ['Build', 'In it']);
    }),
  );
});

test('however long lines and however many processes there are, what is kept is bounded', () => {
  const labels = read(`${'x'.repeat(1_000_000)}\n`);
  labels.feed(new WorkerLogText().step('n'.repeat(100_000), 1).text);
  assert.ok((labels.of(1)?.step.name.length ?? 0) < 4_096);
  const many = new WorkerLogText().line('StepsRunner', "Processing step: DisplayName='S'");
  for (let pid = 1; pid <= 5_000; pid += 1) many.process(pid);
  labels.feed(many.text);
  assert.deepEqual([labels.of(1), labels.of(5_000)?.step.name], [null, 'S']);
});

test('no bytes make it throw', () => {
  fastCheck.assert(
    fastCheck.property(
      fastCheck.string({ unit: 'binary' }),
      (noise) => void read(`[2023-11-14 22:13:21Z INFO StepsRunner] ${noise}\n`),
    ),
  );
});

test('the result of a step is what the runner wrote of it last, of a nested one its own', () => {
  const text = new WorkerLogText()
    .step('Set up', 1)
    .embedded('Look', 2)
    .line('CompositeActionHandler', 'Step result: Failed')
    .line('StepsRunner', 'Step result: ')
    .step('Test', 3)
    .line('StepsRunner', 'Step result: Canceled').text;
  const labels = read(text);
  const results = [2, 3].map((pid) => [labels.of(pid)?.embedded?.result, labels.of(pid)?.step.result]);
  assert.deepEqual(results, [
    ['failure', 'success'],
    [undefined, 'cancellation'],
  ]);
});

test('beside background steps a result line is of no step', () => {
  const log = new WorkerLogText().line('BackgroundStepCoordinator', "Background step 'watch' queued");
  assert.equal(read(log.step('Test', 1).line('StepsRunner', 'Step result: Failed').text).of(1)?.step.result, null);
});
