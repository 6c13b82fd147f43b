import assert from 'node:assert/strict';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ExecEvent } from '../decode/process-events.ts';
import { actor, scratchFolder } from './testing/actor.ts';
import { skip, until } from './testing/machine.ts';
import { type Observation, observe, of } from './testing/observe.ts';

const go = join(scratchFolder, 'agents-go');
const wait = `until [ -e ${go} ]; do sleep 0.01; done`;

/** Runs a shell that waits, has the probe take it for a coding agent (`mark` may say otherwise), and lets it run the text. */
async function observeAgent(text: string, options: { env?: Record<string, string>; mark?: Mark } = {}) {
  const { env = {}, mark = (exec: ExecEvent) => ({ pid: exec.pid, id: exec.image }) } = options;
  mkdirSync(scratchFolder, { recursive: true });
  rmSync(go, { force: true });
  return await observe(async (run, local, _, events) => {
    const ran = run(['/bin/sh', '-c', `${wait}\n${text}`, 'agent'], { env: { PATH: '/usr/bin:/bin', ...env } });
    const isAgent = (exec: ExecEvent) => exec.argv.at(-1) === 'agent';
    await until(() => of(events, 'exec').some(isAgent));
    local.markAgent(mark(of(events, 'exec').find(isAgent) as ExecEvent));
    await local.flush();
    writeFileSync(go, '');
    await ran;
    assert.ok(existsSync(go));
  });
}

type Mark = (exec: ExecEvent) => { pid: number; id: string };

/** The exec whose last argument is the given one. */
function named({ execs }: Observation, last: string): ExecEvent {
  const found = execs.find((exec) => exec.argv.at(-1) === last);
  assert.ok(found, `no exec ends in ${last}`);
  return found;
}

const words = {
  AI_AGENT: 'claude-code_2-1-330_agent',
  CLAUDE_CODE_SESSION_ID: '0199a213-81c0-7800-8aa1-bbab2a035a53',
  CODEX_SESSION_ID: '0199a213-81c0-7800-8aa1-bbab2a035a54',
  CODEX_THREAD_ID: '0199a213-81c0-7800-8aa1-bbab2a035a55',
  CODEX_TOOL_CALL_ID: 'call_1',
  CODEX_VERSION: '0.169.0',
  COPILOT_AGENT_RUNTIME_VERSION: '1.2.3',
  COPILOT_AGENT_SESSION_ID: 'one',
  TRACEPARENT: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
};

test("what descends from an agent gives the agents' variables and no other", { skip }, async () => {
  const env = { ...words, GITHUB_ACTION: '__run', GITHUB_TOKEN: 'ghs_x', ANTHROPIC_API_KEY: 'sk', AI_AGENT_KEY: 'sk' };
  const observed = await observeAgent(`sh -c '${actor} nothing grandchild; true'; true`, { env });
  const { env: given, ofAgent, envTruncated } = named(observed, 'grandchild');
  assert.deepEqual([{ ...given }, ofAgent, envTruncated], [words, true, false]);
});

test('before it is marked, neither an agent nor what it starts gives anything', { skip }, async () => {
  const observed = await observeAgent(`${actor} nothing child; true`, { env: words });
  const agent = named(observed, 'agent');
  assert.deepEqual([agent.ofAgent, agent.env], [false, {}]);
  assert.ok(observed.execs.filter(({ pid }) => pid === agent.pid).every(({ ofAgent }) => !ofAgent));
  assert.ok(observed.execs.some(({ argv, ofAgent }) => argv[0] === 'sleep' && !ofAgent));
});

test('a process that runs another image by now is not marked', { skip }, async () => {
  const mark: Mark = ({ pid, image }) => ({ pid, id: image.replace(/.$/, (digit) => (digit === '0' ? '1' : '0')) });
  const observed = await observeAgent(`${actor} nothing child; true`, { env: words, mark });
  assert.deepEqual([named(observed, 'child').ofAgent, named(observed, 'child').env], [false, {}]);
});

test('a process that does not exist is not marked, and the probe goes on', { skip }, async () => {
  const observed = await observeAgent(`${actor} nothing child; true`, { mark: () => ({ pid: 1, id: 'f'.repeat(16) }) });
  assert.equal(named(observed, 'child').ofAgent, false);
});

test('a value is cut at 512 bytes, and a long variable forges no key', { skip }, async () => {
  const env = {
    BIG: `${'x'.repeat(539)}CODEX_VERSION=6.6.6`,
    ...words,
    COPILOT_AGENT_RUNTIME_VERSION: 'v'.repeat(600),
  };
  const { env: given, envTruncated } = named(await observeAgent(`${actor} nothing child; true`, { env }), 'child');
  assert.deepEqual({ ...given }, { ...words, COPILOT_AGENT_RUNTIME_VERSION: 'v'.repeat(512) });
  assert.equal(envTruncated, true);
});
