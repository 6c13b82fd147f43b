import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FakeKernel, type FakeProcess } from '../lineage/testing/fake-kernel.ts';
import { replay, spanNamed } from '../lineage/testing/recording.ts';
import type { FinishedSpan } from '../spans/finished-span.ts';
import { codingAgents } from './agents.ts';
import { type AgentIds, type AgentProcesses, agentProcesses } from './testing/agent-processes.ts';

const [claude, codex] = agentProcesses as readonly [AgentProcesses, AgentProcesses];
const [one, other] = ['0199a213-81c0-7800-8aa1-bbab2a035a53', '0199a213-81c0-7800-8aa1-bbab2a035a54'] as const;
const ids: AgentIds = { session: one, thread: one, call: 'call_1' };

/** The trace of a step in which a marked agent runs these commands, each in an environment of its own. */
function traceOf(agent: AgentProcesses, environments: Record<string, string>[], play = nothingMore) {
  const kernel = new FakeKernel();
  const shell = kernel.spawn(kernel.process(), '/usr/bin/sh');
  const process = agent.start(kernel, shell);
  process.ofAgent = true;
  for (const env of environments) {
    const call = agent.call(kernel, process, 'make', env);
    play(kernel, call);
    kernel.exit(call);
  }
  for (const each of [process, shell]) kernel.exit(each);
  const { spans } = replay(kernel, { engine: 'generic' });
  return { session: spanNamed(spans, `invoke_agent ${agent.name}`), calls: callsIn(spans) };
}

const nothingMore = (_: FakeKernel, __: FakeProcess): void => {};

function callsIn(spans: readonly FinishedSpan[]) {
  const calls = spans.filter(({ name }) => name.startsWith('execute_tool'));
  return calls.map(({ attributes }) => [attributes['gen_ai.tool.call.id'], attributes['chaperone.agent.thread.id']]);
}

/** Version and conversation, as a session's span has them. */
const wordsOf = ({ attributes }: FinishedSpan) => [
  attributes['gen_ai.agent.version'],
  attributes['gen_ai.conversation.id'],
];

test('a session has the version and the id that the agent gives its commands', () => {
  const said = agentProcesses.map((agent) => wordsOf(traceOf(agent, [agent.variables(ids)]).session));
  const unknown = [undefined, undefined];
  assert.deepEqual(said, [['2.1.330', one], ['0.169.0', one], unknown, unknown]);
});

test('each command has its own id, and that of the sub-agent which asked for it', () => {
  const { calls } = traceOf(codex, [
    codex.variables(ids),
    codex.variables({ ...ids, call: 'exec-0199a213', thread: other }),
  ]);
  assert.deepEqual(calls, [
    ['call_1', undefined],
    ['exec-0199a213', other],
  ]);
});

test('a command that speaks of another session renames neither it nor itself', () => {
  const { session, calls } = traceOf(codex, [
    codex.variables(ids),
    { ...codex.variables({ ...ids, session: other, call: 'forged' }), CODEX_VERSION: '6.6.6' },
  ]);
  assert.deepEqual(
    [wordsOf(session), calls[1]],
    [
      ['0.169.0', one],
      [undefined, undefined],
    ],
  );
});

test('what a process below a command says counts for nothing', () => {
  const forged = { ...codex.variables({ ...ids, session: other, call: 'forged' }), CODEX_VERSION: '6.6.6' };
  const { session, calls } = traceOf(codex, [{}], (kernel, call) => {
    kernel.exec(call, '/bin/make', { env: forged });
    kernel.run(call, '/bin/sh', { env: forged });
  });
  assert.deepEqual([wordsOf(session), calls], [[undefined, undefined], [[undefined, undefined]]]);
});

test('the variables of another agent, around this one, say nothing of it', () => {
  const { session } = traceOf(claude, [codex.variables(ids)]);
  assert.deepEqual(wordsOf(session), [undefined, undefined]);
});

test('a word without the form that it should have is left out', () => {
  const hostile = { CODEX_SESSION_ID: `${one}\n`, CODEX_TOOL_CALL_ID: '<b>', CODEX_VERSION: `1.${'0'.repeat(99)}` };
  const { session, calls } = traceOf(codex, [hostile]);
  assert.deepEqual([wordsOf(session), calls], [[undefined, undefined], [[undefined, undefined]]]);
});

test('a secret in the place of an id is not told', () => {
  const { calls } = traceOf(codex, [{ ...codex.variables(ids), CODEX_TOOL_CALL_ID: `ghp_${'A1b2'.repeat(9)}` }]);
  assert.doesNotMatch(JSON.stringify(calls), /A1b2/);
});

test('whatever the variables hold, a word is short and plain', () => {
  const keys = Object.keys({ ...codex.variables(ids), ...claude.variables(ids) });
  const texts = fc.oneof(fc.string({ unit: 'binary', maxLength: 512 }), fc.uuid(), fc.constant('1.2.3-'));
  const variables = fc.dictionary(fc.constantFrom(...keys), texts);
  fc.assert(
    fc.property(variables, (env) => {
      for (const { wordIn } of codingAgents)
        for (const word of Object.values(wordIn?.(env) ?? {})) assert.match(word ?? '', /^[\w.:+-]{0,128}$/);
    }),
  );
});

/** The processes that the sensor asks the probe to mark. */
function markedIn(play: (kernel: FakeKernel, shell: FakeProcess) => void) {
  const kernel = new FakeKernel();
  const marked: string[] = [];
  const shell = kernel.spawn(kernel.process(), '/usr/bin/sh');
  play(kernel, shell);
  replay(kernel, { engine: 'generic', agents: { onAgent: ({ id }) => marked.push(id) } });
  return marked;
}

test('an agent is marked, and what it starts from then on is known to be of it', () => {
  let image = '';
  const marked = markedIn((kernel, shell) => {
    const agent = kernel.spawn(shell, '/usr/local/bin/opencode');
    image = agent.image;
    agent.ofAgent = true;
    kernel.run(agent, '/usr/bin/git');
    kernel.run(shell, '/usr/bin/git');
  });
  assert.deepEqual(marked, [image]);
});

test('what an agent started before it was marked is marked by itself, and the agent again', () => {
  const images: string[] = [];
  const marked = markedIn((kernel, shell) => {
    const agent = kernel.spawn(shell, '/usr/local/bin/opencode');
    const child = kernel.spawn(agent, '/usr/bin/git');
    images.push(agent.image, child.image, agent.image);
  });
  assert.deepEqual(marked, images);
});
