import assert from 'node:assert/strict';
import { test } from 'node:test';
import fastCheck from 'fast-check';
import { maxMessage, parseJobMessage } from './job-message.ts';
import { actionStep, jobMessage, scriptStep, WorkerLogText } from './testing/worker-log-text.ts';

const parse = (message: unknown, lineEnd?: string) => parseJobMessage(new WorkerLogText(lineEnd).message(message).text);

test('the message is found behind a byte-order mark, with either line end', () => {
  for (const lineEnd of ['\n', '\r\n']) {
    const message = parse(jobMessage({ steps: [scriptStep('build', { type: 0, lit: 'Build' })] }), lineEnd);
    assert.deepEqual(message?.steps, [{ key: 'build', name: { text: 'Build' }, uses: null, continueOnError: false }]);
    assert.equal(message?.displayName, 'Build and test');
    assert.equal(message?.github.repository, 'octo/service');
  }
});

test('a check run id is a whole number however it is written', () => {
  const cases: [unknown, string | null][] = [
    [90005817181, '90005817181'],
    ['73960130388.0', '73960130388'],
    [{ t: 4, n: 73960130388 }, '73960130388'],
    [{ s: '90005817181' }, '90005817181'],
    ['***', null],
    [0, null],
    [1.5, null],
    [{ d: [] }, null],
  ];
  for (const [written, read] of cases) assert.equal(parse(jobMessage({ checkRunId: written }))?.checkRunId, read);
  const asDouble = new WorkerLogText().message(jobMessage()).text.replace('26920038674', '73960130388.0');
  assert.equal(parseJobMessage(asDouble)?.checkRunId, '73960130388');
});

test('names are read from tokens, bare strings, expressions, or made as the runner makes them', () => {
  const steps = [
    scriptStep('a', { type: 0, lit: `Lint 'strictly' [all "files"]` }),
    scriptStep('b', 'Bare'),
    scriptStep('c', { type: 3, expr: "format('Deploy {0} for the team''s {1}', inputs.x, inputs.y)" }),
    scriptStep('d', { type: 3, expr: 'github.sha' }),
    scriptStep('e', null, '\n  npm ci\nnpm test'),
    actionStep('__actions_checkout', 'actions/checkout'),
  ];
  assert.deepEqual(
    parse(jobMessage({ steps }))?.steps.map(({ name, uses }) => [name, uses]),
    [
      [{ text: `Lint 'strictly' [all "files"]` }, null],
      [{ text: 'Bare' }, null],
      [{ pattern: "Deploy * for the team's *" }, null],
      [{ pattern: '*' }, null],
      [{ text: 'Run npm ci' }, null],
      [{ text: 'Run actions/checkout@v4' }, 'actions/checkout@v4'],
    ],
  );
});

test('keys in lower case and plain objects are read the same', () => {
  const message = {
    JobDisplayName: 'Plain',
    contextData: { github: { run_id: '7' }, job: { check_run_id: 8 } },
    steps: [{ ContextName: 'x', Reference: { Type: 'script' }, Inputs: { map: [{ key: 'script', value: 'true' }] } }],
  };
  const read = parse(message);
  assert.deepEqual([read?.displayName, read?.github.run_id, read?.checkRunId], ['Plain', '7', '8']);
  assert.deepEqual(read?.steps[0]?.name, { text: 'Run true' });
});

test('a message that is not complete yet, cut or no message is null', () => {
  const { text } = new WorkerLogText().message(jobMessage({ steps: [scriptStep('a', 'A')] }));
  const end = text.indexOf('[2023-11-14 22:13:21Z INFO JobRunner]');
  for (let cut = 0; cut < end; cut += 97) assert.equal(parseJobMessage(text.slice(0, cut)), null);
  assert.equal(parse('no object'), null);
  assert.equal(parse([]), null);
});

test('a message beyond the limit is not read', () => {
  assert.equal(parse(jobMessage({ github: { big: 'x'.repeat(maxMessage) } })), null);
});

test('thousands of steps are bounded, and names never grow', () => {
  const steps = Array.from({ length: 2_000 }, (_, index) => scriptStep(`s${index}`, 'n'.repeat(2_000)));
  const message = parse(jobMessage({ steps }));
  assert.equal(message?.steps.length, 1_000);
  assert.equal(JSON.stringify(message?.steps[0]?.name).length < 1_100, true);
});

test('no bytes make it throw', () => {
  fastCheck.assert(
    fastCheck.property(fastCheck.jsonValue({ maxDepth: 8 }), fastCheck.string({ unit: 'binary' }), (value, noise) => {
      parse(value);
      parse({
        steps: [value, { inputs: value, reference: value, displayNameToken: value }],
        contextData: { github: value, job: value },
      });
      parseJobMessage(new WorkerLogText().line('Worker', `Job message:\n${noise}`).line('X', '').text);
      parseJobMessage(noise);
    }),
  );
});
