import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findingAgent, findingTool, findingToolCallId, findingToolCommand } from '../../crds/attributes.ts';
import { findingSchema } from '../../crds/finding-schema.ts';
import { type AgentProcesses, agentProcesses } from '../agents/testing/agent-processes.ts';
import type { FakeKernel, FakeProcess } from '../lineage/testing/fake-kernel.ts';
import { tell } from '../report/story.ts';
import { summarize } from '../report/summary.ts';
import { drawWaterfall } from '../report/waterfall.ts';
import { findingSpans, JobOfSteps, told } from './testing/told-findings.ts';

const [claude, codex] = agentProcesses as readonly [AgentProcesses, AgentProcesses];
const session = '0199a213-81c0-7800-8aa1-bbab2a035a53';
const token = `ghp_${'A1b2'.repeat(9)}`;

/** Two agents of one step read the runner's memory, the first of them in two commands. */
function readByTwo() {
  const job = new JobOfSteps().step((kernel, shell, worker) => {
    for (const [agent, commands] of [[claude, 2] as const, [codex, 1] as const]) {
      const process = agent.start(kernel, shell);
      for (let i = 0; i < commands; i += 1) {
        process.ofAgent = true;
        const ids = { session, thread: session, call: `call_${i}` };
        const call = agent.call(kernel, process, `TOKEN=${token} dump ${i}`, agent.variables(ids));
        const dump = kernel.spawn(call, '/usr/bin/dump');
        kernel.reach(dump, worker);
        kernel.exit(dump);
        kernel.exit(call);
      }
      kernel.exit(process);
    }
  });
  const { spans, resources } = job.end();
  const summary = summarize(tell(spans), { spans, resource: resources[0] ?? {}, delivered: null, files: {} });
  return { spans, summary };
}

test('a finding names the tool call that did it, of each agent its own, and shows no secret of its command', () => {
  const { summary } = readByTwo();
  const calls = summary.findings.map(({ toolCall }) => [toolCall?.agent, toolCall?.tool, toolCall?.callId]);
  assert.deepEqual(calls, [
    ['claude-code', 'Bash', undefined],
    ['codex', 'shell', 'call_0'],
  ]);
  assert.match(String(summary.findings[0]?.toolCall?.command), /^\[REDACTED\] dump 0$/);
  assert.ok(!JSON.stringify(summary).includes(token));
  for (const finding of summary.findings) assert.deepEqual(findingSchema.parse(finding), finding);
});

test('sentence and waterfall say under which tool call it was, and the span has none of the attributes of tool calls', () => {
  const { spans, summary } = readByTwo();
  const [span] = findingSpans(spans);
  assert.match(String(span?.attributes['chaperone.finding.text']), / under Bash call of claude-code in step “.+” \(/);
  const { [findingAgent]: agent, [findingTool]: tool, [findingToolCommand]: command } = span?.attributes ?? {};
  assert.deepEqual([agent, tool, String(command).endsWith(' dump 0')], ['claude-code', 'Bash', true]);
  assert.deepEqual(
    findingSpans(spans).map(({ attributes }) => attributes[findingToolCallId]),
    [undefined, 'call_0'],
  );
  assert.ok(!Object.keys(span?.attributes ?? {}).some((name) => name.startsWith('gen_ai.')));
  assert.match(
    drawWaterfall(spans, summary, { color: false, width: 160 }),
    /→ Runner\.Worker, Bash call of claude-code {3}rule/,
  );
});

test('what an agent does of its own, and what no agent does, is under no tool call', () => {
  const { spans } = new JobOfSteps()
    .step((kernel, shell, worker) => {
      const agent = claude.start(kernel, shell);
      kernel.reach(agent, worker);
      kernel.reach(shell, worker);
      kernel.exit(agent);
    })
    .end();
  assert.equal(findingSpans(spans).length, 2);
  for (const { attributes } of findingSpans(spans))
    assert.ok(!Object.keys(attributes).some((name) => /finding\.(agent|tool)/.test(name)));
});

test('a process that outlives its tool call is found, and again if it outlives the agent', () => {
  const job = new JobOfSteps().step((kernel, shell) => {
    const agent = claude.start(kernel, shell);
    const call = claude.call(kernel, agent, 'nohup server &');
    kernel.exec(kernel.spawn(call, '/usr/bin/nohup'), '/opt/server');
    kernel.exit(call);
    waitIn(kernel, shell);
    kernel.exit(agent);
    waitIn(kernel, shell);
  });
  const { spans } = job.end();
  assert.deepEqual(told(spans), ['Info tool-call-outlived /opt/server', 'Low tool-call-outlived /opt/server']);
  for (const { attributes } of findingSpans(spans)) assert.equal(attributes[findingTool], 'Bash');
});

test('what ends with its tool call, and a command that runs on in the background, outlive nothing', () => {
  const job = new JobOfSteps().step((kernel, shell) => {
    const agent = claude.start(kernel, shell);
    const background = claude.call(kernel, agent, 'npm start');
    const server = kernel.spawn(background, '/usr/bin/node');
    const call = claude.call(kernel, agent, 'make');
    kernel.run(call, '/usr/bin/make');
    kernel.exit(call);
    waitIn(kernel, shell);
    for (const process of [server, background, agent]) kernel.exit(process);
    waitIn(kernel, shell);
  });
  assert.deepEqual(told(job.end().spans), []);
});

/** Three seconds pass, and something happens. */
function waitIn(kernel: FakeKernel, shell: FakeProcess): void {
  kernel.now += 3_000_000_000n;
  kernel.run(shell, '/bin/true');
}
