import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findingSchema } from '../../crds/finding-schema.ts';
import { tell } from '../report/story.ts';
import { summarize } from '../report/summary.ts';
import { drawWaterfall } from '../report/waterfall.ts';
import type { Attributes } from '../spans/finished-span.ts';
import { readFinding } from './read-finding.ts';
import { JobOfSteps } from './testing/told-findings.ts';

/** A step that reads its runner, with a name that is meant to break what shows it, and a token. */
function stolen() {
  const token = `ghp_${'A1b2'.repeat(9)}`;
  const job = new JobOfSteps().step((kernel, shell, worker) => {
    const thief = kernel.spawn(shell, `/tmp/\x1b[2J${token}\n`);
    kernel.reach(thief, worker);
    kernel.file(thief, '/home/runner/work/web/web/AGENTS.md', { operation: 'create' });
    kernel.exit(thief);
  });
  const { spans, resources } = job.end();
  const resource = { ...resources[0], 'vcs.owner.name': 'octo', 'vcs.repository.name': 'web' };
  const summary = summarize(tell(spans), { spans, resource, delivered: null, files: {} });
  return { spans, summary, token };
}

test('findings stand in the summary, the worst first, as they can be sent: every field filled, none empty', () => {
  const { summary, spans } = stolen();
  assert.deepEqual(
    summary.findings.map(({ severity, rule }) => `${severity} ${rule}`),
    ['Critical runner-memory', 'Medium agent-settings-changed'],
  );
  for (const finding of summary.findings) assert.deepEqual(findingSchema.parse(finding), finding);
  const [finding] = summary.findings;
  assert.deepEqual([finding?.step?.ordinal, finding?.repository, finding?.count], [1, 'octo/web', 1]);
  assert.ok(spans.some(({ spanId }) => spanId === finding?.evidence.spanId));
});

test("a finding leads to the job's page, and to the run's where the job's is not known", () => {
  const [span] = stolen().spans.filter(({ name }) => name === 'finding runner-memory');
  assert.ok(span);
  const page = 'https://git.example.com/octo/web/actions/runs/7';
  const urlWith = (attributes: Attributes) => {
    const context = {
      step: null,
      job: { name: 'build', attributes },
      resource: { 'cicd.pipeline.run.url.full': page },
    };
    return readFinding(span, context).job.url;
  };
  assert.equal(urlWith({}), page);
  assert.equal(urlWith({ 'cicd.pipeline.task.run.url.full': `${page}/job/8` }), `${page}/job/8`);
});

test('nothing that a job names its programs reaches people as it is', () => {
  const { summary, token } = stolen();
  assert.ok(!JSON.stringify(summary.findings).includes(token));
  assert.ok(summary.findings.every(({ text, processes = [] }) => !/\p{Cc}/u.test([text, ...processes].join(''))));
});

test('the waterfall has a line for each finding that somebody should look at, and says how many there are', () => {
  const { spans, summary } = stolen();
  const drawn = drawWaterfall(spans, summary, { color: false, width: 160 });
  assert.match(drawn, /└─ ▲ Medium {2}Agent’s settings changed: .* → \S+AGENTS\.md {3}rule agent-settings-changed/);
  assert.match(drawn, /├─ ▲ Critical {2}Runner memory read: .* → Runner\.Worker {3}rule runner-memory/);
  assert.match(drawn, / · 2 findings \(1 Critical\) · /);
});
