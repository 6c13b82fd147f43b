import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { testTitles } from '../coverage/testing/test-titles.ts';
import { type FakeKernel, type FakeProcess, helloEvent, statsEvent } from '../lineage/testing/fake-kernel.ts';
import { pushAll, record, spanNamed } from '../lineage/testing/recording.ts';
import { noPolicy } from '../spans/policy-view.ts';
import { renderFindings } from './render.ts';
import { ruleNames, rules } from './rules.ts';
import { findingSpans, foundIn, JobOfSteps, told, workspace } from './testing/told-findings.ts';

const read = { operation: 'read' } as const;

test('the committed page is what the rules say', () => {
  const committed = readFileSync(join(import.meta.dirname, '../../docs/findings.md'), 'utf8');
  assert.equal(renderFindings(), committed, 'run sensor/findings/generate');
});

test('every rule names a test in which it fires and one in which it does not, and both exist', () => {
  const titles = testTitles();
  for (const name of ruleNames)
    for (const title of [rules[name].fires, rules[name].quiet])
      assert.ok(titles.has(title), `${name}: there is no test “${title}”`);
});

test('a finding is a span below the process that did it, and says who, what, where, what to look at and how to refuse it', () => {
  const job = new JobOfSteps().step((kernel, shell, worker) => {
    const python = kernel.spawn(shell, '/usr/bin/python3');
    kernel.reach(python, worker, { way: '/proc/PID/mem' });
    kernel.exit(python);
  });
  const { spans } = job.end();
  const [span] = findingSpans(spans);
  assert.equal(span?.parentSpanId, spanNamed(spans, 'python3').spanId);
  assert.equal(span.priority, true);
  assert.deepEqual(span.attributes['chaperone.finding.processes'], ['bash', 'python3']);
  assert.match(
    String(span.attributes['chaperone.finding.text']),
    /^python3 reached into the memory of Runner\.Worker by \/proc\/PID\/mem in step “.+” \(bash › python3\)\. Look at .+\. To refuse it, .+\.$/,
  );
});

test('step and job count findings by severity, and the same again among the repeated', () => {
  const job = new JobOfSteps().step((kernel, shell, worker) => {
    for (let i = 0; i < 3; i += 1) kernel.reach(shell, worker);
  });
  const { spans } = job.end();
  const counts = spans.flatMap(({ attributes }) =>
    'chaperone.findings.critical' in attributes
      ? [[attributes['chaperone.findings.critical'], attributes['chaperone.findings.repeated']]]
      : [],
  );
  assert.deepEqual(counts, [
    [1, 2],
    [1, 2],
  ]);
  assert.equal(findingSpans(spans)[0]?.attributes['chaperone.count'], 3);
});

test('beyond 160 findings a job counts by rule, and noise cannot fold the process of one away', () => {
  const job = new JobOfSteps().step((kernel, shell, worker) => {
    for (let i = 0; i < 3_000; i += 1) kernel.run(shell, '/bin/noise');
    for (let i = 0; i < 2_000; i += 1) kernel.connect(shell, `192.0.2.${i % 250}`, i);
    for (let i = 0; i < 230; i += 1) {
      const thief = kernel.spawn(shell, `/tmp/thief-${i}`);
      kernel.reach(thief, worker);
      kernel.exit(thief);
    }
  });
  const { spans } = job.end();
  assert.equal(findingSpans(spans).length, 160);
  const root = spans.find(({ name }) => name === 'thief-0');
  assert.equal(findingSpans(spans)[0]?.parentSpanId, root?.spanId);
  assert.equal(spans.at(-1)?.attributes['chaperone.findings.folded.runner_memory'], 70);
  assert.equal(spans.at(-1)?.attributes['chaperone.findings.critical'], 230);
});

test('findings that are not worth an alert leave room for those that are', () => {
  const found = foundIn((kernel, shell, worker) => {
    for (let i = 0; i < 230; i += 1) kernel.reach(shell, kernel.spawn(shell, `/tmp/child-${i}`), { denied: true });
    const other = kernel.spawn(shell, '/bin/gdb');
    for (let i = 0; i < 230; i += 1) kernel.reach(other, kernel.spawn(shell, `/tmp/other-${i}`));
    kernel.reach(other, worker);
  });
  assert.equal(found.length, 101);
  assert.equal(found.at(-1), 'Critical runner-memory Runner.Worker');
});

test('however many High findings a job makes, a Critical one is told', () => {
  const found = foundIn((kernel, shell, worker) => {
    for (let i = 0; i < 230; i += 1) kernel.file(shell, `${workspace}/.github/workflows/${i}.yml`);
    kernel.reach(shell, worker);
  });
  assert.equal(found.length, 141);
  assert.equal(found.at(-1), 'Critical runner-memory Runner.Worker');
});

test('however many findings of one rule a job makes, the first of another rule are told', () => {
  const found = foundIn((kernel, shell) => {
    for (let i = 0; i < 230; i += 1) kernel.file(shell, `${workspace}/.github/workflows/${i}.yml`);
    for (const name of ['.claude', '.gemini', '.codex']) kernel.file(shell, `${workspace}/${name}/settings.json`);
  });
  assert.deepEqual(found.slice(140), [
    `High agent-settings-changed ${workspace}/.claude/settings.json`,
    `High agent-settings-changed ${workspace}/.gemini/settings.json`,
  ]);
});

test('what two steps do is found in each of them', () => {
  const change = (kernel: FakeKernel, shell: FakeProcess) => {
    kernel.file(kernel.spawn(shell, '/usr/bin/sed'), `${workspace}/.github/workflows/ci.yml`);
  };
  const { spans } = new JobOfSteps().step(change).step(change).end();
  const steps = findingSpans(spans).map(
    ({ attributes }) => /in step “(.+?)”/.exec(String(attributes['chaperone.finding.text']))?.[1],
  );
  assert.deepEqual(steps, ['__run_1', '__run_2']);
});

test('a sensor that was started again is a finding of the job', () => {
  const job = new JobOfSteps().step(() => {});
  const { spans } = job.end({}, helloEvent({ restarts: 1 }));
  assert.deepEqual(told(spans), ['Low sensor-restarted sensor']);
  assert.equal(findingSpans(spans)[0]?.parentSpanId, spans.at(-1)?.spanId);
});

test('a probe that is gone, or does not answer, is a finding of the job', () => {
  const job = new JobOfSteps().step(() => {});
  const { pipeline, spans } = record();
  pushAll(pipeline, [helloEvent(), ...job.kernel.events, { kind: 'unanswered' }]);
  pipeline.finish(helloEvent().realtimeOffsetNs + job.kernel.now);
  assert.deepEqual(told(spans), ['Medium sensor-restarted probe']);
});

test('programs of the sensor that somebody detached, and processes that left it, are findings of the job', () => {
  const job = new JobOfSteps().step(() => {});
  const { pipeline, spans } = record();
  pushAll(pipeline, [helloEvent(), ...job.kernel.events, statsEvent({ detached: 1, left: 2 })]);
  pipeline.finish(helloEvent().realtimeOffsetNs + job.kernel.now);
  assert.deepEqual(told(spans).sort(), [
    'Critical sensor-touched its programs were detached',
    'Medium left-observation cgroup',
  ]);
});

test('a policy image with a wrong signature is a finding of the job', () => {
  const policy = () => ({ ...noPolicy, isForged: true });
  assert.deepEqual(told(new JobOfSteps().step(() => {}).end({ policy }).spans), ['High policy-forged policy image']);
});

test('a step that does nothing out of the ordinary has no finding', () => {
  const found = foundIn((kernel, shell) => {
    kernel.run(shell, '/usr/bin/make');
    kernel.file(shell, `${workspace}/out.o`, { operation: 'create' });
    kernel.file(shell, '/proc/self/maps', read);
  });
  assert.deepEqual(found, []);
});

test('a process that outlives its step is found once the step is over', () => {
  const job = new JobOfSteps();
  job.step((kernel, shell) => void kernel.spawn(shell, '/opt/daemon'));
  job.kernel.now += 3_000_000_000n;
  job.step((kernel, shell) => kernel.run(shell, '/bin/true'));
  assert.deepEqual(told(job.end().spans), ['Low left-running /opt/daemon']);
});
