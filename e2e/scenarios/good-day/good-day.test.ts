import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { claudeCode } from '../../engines/agents/claude-code.ts';
import { callsOf, commandOf, plannedCommands, sessionOf } from '../agent-trace.ts';
import { alarming, findingsOf, severityOf } from '../findings.ts';
import { awaitJob } from '../jaeger.ts';
import { keepTrace } from '../keep-trace.ts';
import { awaitCondition, awaitPhase, type KubeObject, logs } from '../kubectl.ts';
import { type Model, startModel } from '../model.ts';
import { setStage } from '../stage.ts';
import { startSumsJob, withAgents, workspace } from '../sums-job.ts';
import { below, drawTree, jobOf, namesBelow, type Span, stepNamed, traceIdOf } from '../trace-tree.ts';
import { session } from './session.ts';

const namespace = 'good-day';
const pod = 'linux-x64-fix-runner-1';
const runId = String(Date.now());
const agent = claudeCode;

describe('a good day: a coding agent mends a failing test in a runner pod', () => {
  const stage = setStage('good-day', import.meta.dirname, [namespace]);
  let model: Model;
  let runner: KubeObject;
  let spans: Span[];

  before(() =>
    stage.guard(async () => {
      await awaitCondition(namespace, 'agentpolicy/watch', 'Ready');
      model = await startModel(stage.scratch, agent, session, { name: 'model.example.com', at: '203.0.113.20' });
      try {
        const { variables } = model;
        await startSumsJob(stage.scratch, { namespace, pod, workflow: 'fix', runId, variables, image: withAgents });
        runner = await awaitPhase(namespace, pod, ['Succeeded', 'Failed'], 120);
        spans = await awaitJob(traceIdOf(runId, '1'), runner.metadata.uid);
      } finally {
        await model.stop();
      }
      await keepTrace('good-day', traceIdOf(runId, '1'));
    }),
  );

  const check = (title: string, assertion: () => void | Promise<void>) =>
    test(title, () => stage.guard(async () => await assertion()));
  const step = (name: string): Span => stepNamed(spans, name);

  check('the agent does all that its model asks for, and the tests pass', async () => {
    const log = await logs(namespace, pod, 'runner');
    assert.equal(jobOf(spans).attributes['cicd.pipeline.task.run.result'], 'success', log);
    for (const { id, says = '' } of model.plan.conversations.flatMap(({ turns }) => turns.flat())) {
      const result = model.record().find((entry) => entry.kind === 'result' && entry.id === id);
      assert.ok(result?.kind === 'result' && result.output.includes(says), `${id}: ${JSON.stringify(result)}`);
    }
  });

  check('its session stands under the step that asked it, with its version', () => {
    const run = sessionOf(spans, agent);
    assert.ok(below(spans, step('Ask Claude')).includes(run), drawTree(spans));
    assert.match(String(run.attributes['gen_ai.agent.version']), /^\d+\.\d+\.\d+$/);
  });

  check('each command is a tool call, with the processes that it really started below it', () => {
    const calls = callsOf(spans, sessionOf(spans, agent)).filter((call) => commandOf(call) !== '');
    assert.deepEqual(calls.map(commandOf), plannedCommands(model.plan, agent));
    const [look, failing, passing] = calls.map((call) => namesBelow(spans, call));
    assert.ok(look?.includes('git') && look.includes('ls') && look.includes('head'), drawTree(spans));
    assert.ok(failing?.includes('node') && failing.includes('tail'), drawTree(spans));
    assert.ok(passing?.includes('node') && passing.includes('git'), drawTree(spans));
    assert.ok(!namesBelow(spans, step('Test')).some((name) => name.startsWith('execute_tool ')));
  });

  check(
    'what the agent tells is joined with what was seen, call by call, and adds the tools within its own process',
    () => {
      const told = callsOf(spans, sessionOf(spans, agent)).map(
        ({ name, attributes }) =>
          `${attributes['gen_ai.tool.call.id']} ${name} ${attributes['chaperone.agent.source']}`,
      );
      const planned = model.plan.conversations
        .flatMap(({ turns }) => turns.flat())
        .map(
          (call) => `${call.id} execute_tool ${call.name} ${agent.commandIn(call) === undefined ? 'agent' : 'both'}`,
        );
      assert.deepEqual(told.sort(), planned.sort(), drawTree(spans));
    },
  );

  check('the file that it mended is a change of the agent itself, and of no step but its own', () => {
    const mended = (root: Span) =>
      [root, ...below(spans, root)]
        .flatMap(({ events }) => events)
        .filter(({ name }) => name === 'chaperone.file.change')
        .map(({ attributes }) => String(attributes['file.path']))
        // It writes a file beside it, which it then renames.
        .filter((path) => path.startsWith(`${workspace}/sum.js`));
    const [agentProcess] = below(spans, step('Ask Claude')).filter(({ name }) => name === 'claude');
    assert.ok(agentProcess && mended(agentProcess).length > 0, JSON.stringify(agentProcess?.events));
    assert.deepEqual(mended(step('Test')), []);
  });

  check('what it asked of its model is a connection by the name', () => {
    assert.ok(
      below(spans, step('Ask Claude')).some(({ name }) => name === 'connect model.example.com:8080'),
      drawTree(spans),
    );
  });

  check('no finding is above Low', () => {
    assert.deepEqual(alarming(spans), []);
    console.log(
      `      findings of the good day: ${
        findingsOf(spans)
          .map((one) => `${severityOf(one)} ${one.name}`)
          .join(', ') || 'none'
      }`,
    );
  });

  check('nothing was lost', () => {
    assert.equal(jobOf(spans).attributes['chaperone.coverage.complete'], true, JSON.stringify(jobOf(spans).attributes));
  });
});
