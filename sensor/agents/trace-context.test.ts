import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FakeKernel, type FakeProcess } from '../lineage/testing/fake-kernel.ts';
import { replay } from '../lineage/testing/recording.ts';
import { type AgentProcesses, agentProcesses } from './testing/agent-processes.ts';

const [claude, codex] = agentProcesses as readonly [AgentProcesses, AgentProcesses];
const own = '0af7651916cd43dd8448eb211c80319c';
const foreign = 'a'.repeat(32);
const upstream = '1'.repeat(16);
const inherited = `00-${own}-${upstream}-01`;
const given = (traceId: string, digit: string) => ({ TRACEPARENT: `00-${traceId}-${digit.repeat(16)}-01` });

type Play = (kernel: FakeKernel, agent: FakeProcess) => void;

/** Names of spans with the spans that they are linked to, of a job that was told to stand below a span of the trace `own`. */
function linksOf(processes: AgentProcesses, play: Play): string[][] {
  const kernel = new FakeKernel();
  const shell = kernel.spawn(kernel.process(), '/usr/bin/sh');
  const agent = processes.start(kernel, shell);
  agent.ofAgent = true;
  play(kernel, agent);
  for (const each of [agent, shell]) kernel.exit(each);
  const identity = { kind: 'command', name: 'make', seed: 'one', traceParent: inherited } as const;
  const { spans } = replay(kernel, { engine: 'generic', identity });
  assert.ok(spans.every(({ traceId }) => traceId === own));
  return spans.flatMap(({ name, links }) => links.map(({ traceId, spanId }) => [name, traceId, spanId]));
}

/** A command, whose environment may be another than that of the agent's own business. */
function run(kernel: FakeKernel, agent: FakeProcess, env: Record<string, string>, play: Play = () => {}): void {
  const call = claude.call(kernel, agent, 'make', env);
  play(kernel, call);
  kernel.exit(call);
}

test('what the job itself was told changes nothing, wherever it is handed on to', () => {
  const links = linksOf(claude, (kernel, agent) => {
    kernel.run(agent, '/usr/bin/git', { env: { TRACEPARENT: inherited } });
    run(kernel, agent, { TRACEPARENT: inherited }, (_, call) =>
      kernel.run(call, '/bin/make', { env: { TRACEPARENT: inherited } }),
    );
  });
  assert.deepEqual(links, []);
});

test('what the step was told changes nothing either, though its trace is another one', () => {
  const kernel = new FakeKernel();
  const worker = kernel.spawn(kernel.process(), '/home/runner/bin/Runner.Worker');
  const env = { GITHUB_ACTION: 'build', GITHUB_RUN_ID: '90001', ...given(foreign, 'c') };
  const step = kernel.spawn(worker, '/usr/bin/bash', { env });
  const agent = claude.start(kernel, step);
  agent.ofAgent = true;
  kernel.run(agent, '/usr/bin/git', { env: given(foreign, 'c') });
  run(kernel, agent, given(foreign, 'c'));
  for (const each of [agent, step]) kernel.exit(each);
  kernel.exit(worker, 100);
  const { spans } = replay(kernel);
  assert.deepEqual(
    [spans.some(({ name }) => name === 'execute_tool Bash'), spans.flatMap(({ links }) => links)],
    [true, []],
  );
});

test('a span that the agent gives a command is linked to the command, and not again to what inherits it', () => {
  const links = linksOf(claude, (kernel, agent) => {
    kernel.run(agent, '/usr/bin/git', { env: { TRACEPARENT: inherited } });
    run(kernel, agent, given(own, 'b'), (_, call) => kernel.run(call, '/bin/make', { env: given(own, 'b') }));
  });
  assert.deepEqual(links, [['execute_tool Bash', own, 'b'.repeat(16)]]);
});

test('the span that the agent itself was told of is linked to the session, once', () => {
  const links = linksOf(claude, (kernel, agent) => {
    kernel.run(agent, '/usr/bin/git', { env: given(foreign, 'c') });
    kernel.run(agent, '/usr/bin/git', { env: given(foreign, 'c') });
    run(kernel, agent, given(foreign, 'c'));
  });
  assert.deepEqual(links, [['invoke_agent claude-code', foreign, 'c'.repeat(16)]]);
});

test('what a process below a command sets is linked to the process that it is set for', () => {
  const links = linksOf(claude, (kernel, agent) => {
    kernel.run(agent, '/usr/bin/git', { env: { TRACEPARENT: inherited } });
    run(kernel, agent, { TRACEPARENT: inherited }, (_, call) => {
      const wrapped = kernel.spawn(call, '/bin/make', { env: given(foreign, 'd') });
      kernel.run(wrapped, '/usr/bin/cc', { env: given(foreign, 'd') });
      kernel.exit(wrapped);
    });
  });
  assert.deepEqual(links, [['make', foreign, 'd'.repeat(16)]]);
});

test('an agent that prepares the process of a command first is heard when it has', () => {
  const links = linksOf(codex, (kernel, agent) => {
    kernel.run(agent, '/usr/bin/git', { env: { TRACEPARENT: inherited } });
    kernel.exit(codex.call(kernel, agent, 'make', given(foreign, 'e')));
  });
  assert.deepEqual(links, [['execute_tool shell', foreign, 'e'.repeat(16)]]);
});

test('no process stands elsewhere for what its environment says', () => {
  const parents = (env: Record<string, string>) => {
    const kernel = new FakeKernel();
    const shell = kernel.spawn(kernel.process(), '/usr/bin/sh');
    const agent = claude.start(kernel, shell);
    agent.ofAgent = true;
    run(kernel, agent, env, (_, call) => kernel.run(call, '/bin/make', { env }));
    for (const each of [agent, shell]) kernel.exit(each);
    return replay(kernel, { engine: 'generic' }).spans.map(({ name, parentSpanId }) => [name, parentSpanId]);
  };
  assert.deepEqual(parents(given(own, 'f')), parents({}));
});

test('whatever stands in the variable, a link is two ids or none', () => {
  const pieces = fc.constantFrom(
    '00',
    '-',
    own,
    foreign,
    '0'.repeat(32),
    '0'.repeat(16),
    'b'.repeat(16),
    '01',
    '\n',
    'F',
  );
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(pieces).map((list) => list.join('')),
  );
  fc.assert(
    fc.property(text, (TRACEPARENT) => {
      for (const [, traceId = '', spanId = ''] of linksOf(claude, (kernel, agent) =>
        run(kernel, agent, { TRACEPARENT }),
      ))
        assert.match(`${traceId}-${spanId}`, /^(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16}$/);
    }),
    { numRuns: 20 },
  );
});
