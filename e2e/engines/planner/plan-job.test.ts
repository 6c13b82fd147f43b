import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Plan, planJob } from './plan-job.ts';

const workflows = join(import.meta.dirname, '../workflows');
const plan: Plan = {
  repository: join(workflows, 'service'),
  workflow: 'ci.yaml',
  job: 'build',
  facts: { runId: '7', runAttempt: '1', checkRunId: 8, repository: 'octo/service', sha: 'abc', runnerName: 'runner-1' },
  actions: { 'actions/checkout@v4': join(workflows, 'actions/checkout') },
};

test('steps get the names that the service gives them', () => {
  const { message } = planJob(plan);
  const names = message.steps.map(({ name }) => name);
  assert.deepEqual(names, ['__actions_checkout', 'toolchain', '__run', 'cache', 'test', '__run_2', '__self']);
});

test('a display name with an expression is left unevaluated', () => {
  const { message } = planJob(plan);
  assert.deepEqual(message.steps[2]?.displayNameToken, {
    type: 3,
    expr: "format('Build {0} for the team''s use', github.ref_name)",
  });
});

test('actions of actions are found too', () => {
  const { actions } = planJob(plan);
  assert.deepEqual(Object.keys(actions).sort(), [
    './.github/actions/compiler',
    './.github/actions/report',
    './.github/actions/toolchain',
    'actions/checkout@v4',
  ]);
});

test('the job context holds the check run only where the run has one', () => {
  const keysOf = (checkRunId?: number) => {
    const { checkRunId: _, ...facts } = plan.facts;
    const { message } = planJob({ ...plan, facts: { ...facts, ...(checkRunId !== undefined && { checkRunId }) } });
    return message.contextData.job?.d.map(({ k }) => k);
  };
  assert.ok(keysOf(8)?.includes('check_run_id'));
  assert.ok(!keysOf()?.includes('check_run_id'));
});

test('an action that nobody gave is named', () => {
  assert.throws(() => planJob({ ...plan, actions: {} }), /actions\/checkout@v4/);
});

test("a job's secrets are variables of its message, marked as such", () => {
  const { message } = planJob({ ...plan, secrets: { NPM_TOKEN: 'not-a-real-one' } });
  assert.deepEqual(message.variables.NPM_TOKEN, { value: 'not-a-real-one', isSecret: true });
});
