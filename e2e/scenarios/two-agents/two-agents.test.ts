import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { claudeCode } from '../../engines/agents/claude-code.ts';
import { geminiCli } from '../../engines/agents/gemini-cli.ts';
import { callsOf, commandOf, sessionOf } from '../agent-trace.ts';
import { awaitJob } from '../jaeger.ts';
import { awaitCondition, awaitPhase, type KubeObject, logs } from '../kubectl.ts';
import { startModel } from '../model.ts';
import { setStage } from '../stage.ts';
import { startSumsJob, withAgents } from '../sums-job.ts';
import { below, drawTree, jobOf, type Span, stepNamed, traceIdOf } from '../trace-tree.ts';
import { claudeSession, commandOfMeeting, geminiSession, type Meeting, marksOf, meetings } from './sessions.ts';

const namespace = 'two-agents';
const pod = 'linux-x64-review-runner-1';
const runId = String(Date.now());

/** Whose work stands where. */
const places = {
  claude: { agent: claudeCode, step: 'Ask Claude' },
  gemini: { agent: geminiCli, step: 'Start Gemini' },
  test: { agent: undefined, step: 'Test' },
};

describe('two agents in one job, one of them in the background across steps: nothing falls on the wrong one', () => {
  const stage = setStage('two-agents', import.meta.dirname, [namespace]);
  let runner: KubeObject;
  let spans: Span[];

  before(() =>
    stage.guard(async () => {
      await awaitCondition(namespace, 'agentpolicy/watch', 'Ready');
      const claude = await startModel(stage.scratch, claudeCode, claudeSession, {
        name: 'model.example.com',
        at: '203.0.113.20',
      });
      const gemini = await startModel(stage.scratch, geminiCli, geminiSession, {
        name: 'gemini.example.com',
        at: '203.0.113.21',
      });
      try {
        await startSumsJob(stage.scratch, {
          namespace,
          pod,
          workflow: 'review',
          runId,
          image: withAgents,
          files: { 'gemini.json': gemini.settings['.gemini/settings.json'] ?? '' },
          variables: { ...claude.variables, ...gemini.variables },
        });
        runner = await awaitPhase(namespace, pod, ['Succeeded', 'Failed'], 120);
        spans = await awaitJob(traceIdOf(runId, '1'), runner.metadata.uid);
      } finally {
        await Promise.all([claude.stop(), gemini.stop()]);
      }
    }),
  );

  const check = (title: string, assertion: () => void | Promise<void>) =>
    test(title, () => stage.guard(async () => await assertion()));
  const step = (name: string): Span => stepNamed(spans, name);

  check('both do what they were asked, and the job succeeds', async () => {
    const log = await logs(namespace, pod, 'runner');
    assert.equal(jobOf(spans).attributes['cicd.pipeline.task.run.result'], 'success', log);
  });

  check(
    'each has one session, under the step that started it, and the one in the background goes on in later steps',
    () => {
      for (const { agent, step: name } of [places.claude, places.gemini])
        assert.ok(below(spans, step(name)).includes(sessionOf(spans, agent)), drawTree(spans));
      const background = sessionOf(spans, geminiCli);
      // They meet in the step of Claude Code, so until then it lasts; how long after, the machine's speed decides.
      const later = step('Ask Claude');
      assert.ok(background.start < later.start && background.end > later.start);
    },
  );

  check('each command that was asked for is one tool call of the agent that was asked', () => {
    for (const who of ['claude', 'gemini'] as const) {
      const wanted = meetings.filter((meeting) => meeting.who === who).map(commandOfMeeting);
      assert.deepEqual(callsOf(spans, sessionOf(spans, places[who].agent)).map(commandOf), wanted);
    }
  });

  check('they were at work at the same time: the calls overlap', () => {
    const [claude, gemini] = [claudeCode, geminiCli].map((agent) => callsOf(spans, sessionOf(spans, agent)));
    assert.ok(claude?.every((call) => gemini?.some((other) => call.start < other.end && other.start < call.end)));
  });

  check('every process stands below the tool call and the step that it is of, and below no other', () => {
    const placed = meetings.map((meeting) => ({ meeting, ...placesOf(meeting) }));
    for (const { meeting, right, wrong } of placed) {
      assert.deepEqual(wrong, [], commandOfMeeting(meeting));
      assert.equal(right.length, 2 * marksOf(meeting).length, `${commandOfMeeting(meeting)}\n${drawTree(spans)}`);
    }
    const count = placed.reduce((sum, { right }) => sum + right.length, 0);
    console.log(
      `      tool calls: 5 true, 5 seen; processes of calls and of the step beside them: ${count} true, ${count} placed, 0 misplaced`,
    );
  });

  function placesOf(meeting: Meeting): { right: Span[]; wrong: string[] } {
    const { agent, step: name } = places[meeting.who];
    const call =
      agent && callsOf(spans, sessionOf(spans, agent)).find((one) => commandOf(one) === commandOfMeeting(meeting));
    const home = below(spans, call ?? step(name));
    const marked = spans.filter(({ attributes: { 'process.command_args': args } }) =>
      marksOf(meeting).some((mark) => Array.isArray(args) && args.includes(mark)),
    );
    const wrong = marked.filter((span) => !home.includes(span) || !below(spans, step(name)).includes(span));
    return { right: marked.filter((span) => !wrong.includes(span)), wrong: wrong.map((span) => span.name) };
  }
});
