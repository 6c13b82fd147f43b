import assert from 'node:assert/strict';
import { test } from 'node:test';
import fastCheck from 'fast-check';
import { type JobMessage, parseJobMessage } from './engines/github-actions/job-message.ts';
import { jobMessage, scriptStep, WorkerLogText } from './engines/github-actions/testing/worker-log-text.ts';
import { FakeKernel } from './lineage/testing/fake-kernel.ts';
import { type Recording, replay } from './lineage/testing/recording.ts';
import { tell } from './report/story.ts';
import { summarize } from './report/summary.ts';
import { drawWaterfall } from './report/waterfall.ts';
import { anySecret, type Secret, secretKinds } from './spans/redaction/testing/secret-kinds.ts';

/** A job whose every text holds the secret: arguments, files, folders, names of steps, branch and runner. */
function jobFullOf(secret: string, message = messageWith(secret)): Recording {
  const kernel = new FakeKernel();
  const worker = kernel.spawn(kernel.process(), '/home/runner/bin/Runner.Worker');
  const env = {
    GITHUB_ACTION: 'build',
    GITHUB_RUN_ID: '90001',
    RUNNER_NAME: secret,
    GITHUB_REF: `refs/heads/${secret}`,
  };
  const step = kernel.spawn(worker, '/usr/bin/bash', { env: { ...env, GITHUB_WORKFLOW: secret } });
  kernel.run(step, '/usr/bin/tool', { argv: ['tool', secret, `--value=${secret}`] });
  kernel.run(step, `/tmp/${secret}`, { cwd: `/src/${secret}`, argv: ['sh', '-c', `tool '${secret}'`] });
  for (let index = 0; index < 300; index += 1) kernel.run(step, `/tmp/${secret}`);
  kernel.connect(step, '192.0.2.1', 443);
  kernel.exit(step);
  kernel.exit(worker, 100);
  const label = () => null;
  return replay(kernel, { jobLogs: { open: () => ({ message: () => message, label }) } });
}

function messageWith(secret: string): JobMessage | null {
  const steps = [scriptStep('build', null, `tool ${secret}\nmake`)];
  return parseJobMessage(new WorkerLogText().message(jobMessage({ steps })).text);
}

/** Everything that leaves: the spans with their resources, what the pipeline tells at its end, and what `run` and `report` show. */
function everythingTold({ spans, resources, summary }: Recording): string {
  const [resource = {}] = resources;
  const told = summarize(tell(spans), { spans, resource, delivered: null, files: {} });
  const waterfall = drawWaterfall(spans, told, { width: 400, color: false });
  const json = JSON.stringify([spans, resources, summary, told], (_, value) =>
    typeof value === 'bigint' ? String(value) : value,
  );
  return `${json}\n${waterfall}`;
}

function assertHidden(told: string, { cores }: Secret): void {
  for (const core of cores)
    for (let at = 0; at + 12 <= core.length; at += 12) assert.ok(!told.includes(core.slice(at, at + 12)), core);
}

for (const [kind, secrets] of Object.entries(secretKinds)) {
  test(`a ${kind} in every text of a job reaches neither span nor summary nor waterfall`, () => {
    const [secret] = fastCheck.sample(secrets, { numRuns: 1, seed: 7 });
    if (secret !== undefined) assertHidden(everythingTold(jobFullOf(secret.text)), secret);
  });
}

test('no secret of any kind reaches what is told of a job', () => {
  fastCheck.assert(
    fastCheck.property(anySecret, (secret) => assertHidden(everythingTold(jobFullOf(secret.text)), secret)),
    { numRuns: 30 },
  );
});

test('what the workflow fills from its secrets is hidden by its name', () => {
  const environment = {
    type: 2,
    map: [{ Key: { type: 0, lit: 'DSN' }, Value: { type: 3, expr: 'secrets.DATABASE' } }],
  };
  const steps = [{ ...(scriptStep('build', 'Build') as object), environment }];
  const body = { ...(jobMessage({ steps }) as object), mask: [{ type: 'regex', value: 'quiet-\\d+' }] };
  const message = parseJobMessage(new WorkerLogText().message(body).text);
  const kernel = new FakeKernel();
  const worker = kernel.spawn(kernel.process(), '/home/runner/bin/Runner.Worker');
  const step = kernel.spawn(worker, '/usr/bin/bash', { env: { GITHUB_ACTION: 'build', RUNNER_NAME: 'r' } });
  kernel.run(step, '/usr/bin/env', { argv: ['env', 'DSN=app@db', 'tool', 'quiet-12'] });
  kernel.exit(worker, 100);
  const { spans } = replay(kernel, { jobLogs: { open: () => ({ message: () => message, label: () => null }) } });
  const args = spans.find(({ name }) => name === 'env')?.attributes['process.command_args'];
  assert.deepEqual(args, ['env', 'DSN=[REDACTED]', 'tool', '[REDACTED]']);
});
