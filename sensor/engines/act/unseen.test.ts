import assert from 'node:assert/strict';
import { test } from 'node:test';
import fastCheck from 'fast-check';
import type { SeenStep } from '../engine.ts';
import type { PlannedJob } from './planned-job.ts';
import { isComplete, unseenCheckouts } from './unseen.ts';
import { parseWorkflows } from './workflow.ts';

const checkout = '{uses: actions/checkout@v4}';

function planOf(...steps: string[]): PlannedJob {
  return parseWorkflows([['ci.yml', `jobs: {j: {steps: [${steps.join(', ')}]}}`]]).job('', 'j') as PlannedJob;
}

function ok(...keys: string[]): SeenStep[] {
  return keys.map((key) => ({ key, result: 'success' }));
}

const failed = (key: string): SeenStep => ({ key, result: 'failure' });

test('only a checkout of the repository itself, without a condition, is done by act alone', () => {
  const more = (text: string) => `{uses: actions/checkout@v4, ${text}}`;
  const others = [
    more('if: true'),
    more('with: {ref: v1}'),
    more('with: {repository: octo/web}'),
    '{uses: octo/checkout@v4}',
  ];
  const plan = planOf(
    ...others,
    '{run: make}',
    more('with: {path: sub}'),
    '{uses: actions/checkout@main}',
    '{run: last}',
  );
  assert.deepEqual(unseenCheckouts(plan, '#7', ok('#4')), ['#5', '#6']);
});

test('a step that runs only after success proves the checkouts before it, any other only where nothing failed', () => {
  const plan = (last: string) => planOf('{run: make}', checkout, last);
  assert.deepEqual(unseenCheckouts(plan('{run: x}'), '#2', [failed('#0')]), ['#1']);
  assert.deepEqual(unseenCheckouts(plan("{run: x, if: env.A == 'b'}"), '#2', [failed('#0')]), ['#1']);
  for (const condition of ['always()', 'failure()', `'\${{ !cancelled() }}'`]) {
    const last = plan(`{run: x, if: ${condition}}`);
    assert.deepEqual(unseenCheckouts(last, '#2', [failed('#0')]), []);
    assert.deepEqual(unseenCheckouts(last, '#2', []), [], 'make was not seen');
    assert.deepEqual(unseenCheckouts(last, '#2', ok('#0')), ['#1']);
  }
});

test('none is put before a step that was told already', () => {
  const plan = planOf(checkout, '{run: one, if: always()}', checkout, '{run: two}');
  assert.deepEqual(unseenCheckouts(plan, '#3', ok('#1')), ['#2']);
  assert.deepEqual(unseenCheckouts(plan, '#9', []), []);
});

test("at the job's end a post stage does not make good what failed", () => {
  const plan = planOf('{uses: ./js}', checkout);
  assert.deepEqual(unseenCheckouts(plan, null, ok('#0', '#0')), ['#1']);
  assert.deepEqual(unseenCheckouts(plan, null, [failed('#0'), ...ok('#0')]), []);
});

test('a job is complete when all that must run was seen to succeed', () => {
  const plan = planOf(checkout, '{run: may fail, continue-on-error: true}', '{run: x, if: false}', '{run: last}');
  assert.equal(isComplete(plan, [failed('#1'), ...ok('#3')]), true);
  assert.equal(isComplete(plan, ok('#1')), false);
  assert.equal(isComplete(plan, [...ok('#1'), failed('#3')]), false);
});

test('whatever was seen, each checkout is told once and in order', () => {
  const step = fastCheck.constantFrom(
    checkout,
    '{run: x}',
    '{run: x, if: always()}',
    '{run: x, continue-on-error: true}',
  );
  const result = fastCheck.constantFrom('success' as const, 'failure' as const, null);
  fastCheck.assert(
    fastCheck.property(fastCheck.array(step, { maxLength: 12 }), fastCheck.array(result), (steps, results) => {
      const plan = planOf(...steps);
      const seen: SeenStep[] = [];
      for (const [index, { key, isOwnCheckout }] of plan.steps.entries()) {
        if (isOwnCheckout || results[index] === undefined) continue;
        for (const unseen of unseenCheckouts(plan, key, seen)) seen.push({ key: unseen, result: 'success' });
        seen.push({ key, result: results[index] });
      }
      const places = seen.map(({ key }) => Number(key.slice(1)));
      assert.deepEqual(
        places,
        [...new Set(places)].sort((a, b) => a - b),
      );
    }),
  );
});
