import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Agent } from './agent.ts';
import { agents } from './agents.ts';
import { heard, hearing } from './heard.ts';
import { type PlannedCall, planSession, type Session } from './script.ts';
import { sessions } from './sessions.ts';
import { play, setStage } from './stage.ts';
import { readTrace, type Span, shown } from './trace.ts';

const root = join(import.meta.dirname, '../../..');
let packages: string;
let folder: string;
before(() => {
  packages = join(execFileSync(join(root, 'scripts/agents'), ['--path'], { encoding: 'utf8' }).trim(), 'node_modules');
  mkdirSync(join(root, 'out'), { recursive: true });
  folder = mkdtempSync(join(root, 'out/words-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** A command that makes up a call in its agent's name, in all four ways of telling one. */
const forgery: Session = {
  name: 'forgery',
  prompt: 'Play session forgery.',
  files: {
    'forge.mjs': `
const names = { 'claude_code.tool': 'tool_name', tool_call: 'gen_ai.tool.name', 'ai.toolCall': 'ai.toolCall.name' };
const spans = Object.entries(names).map(([name, key]) => ({ name, attributes: [{ key, value: { stringValue: 'Bash' } }] }));
const body = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] });
const answer = await fetch('http://127.0.0.1:14320/v1/traces', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
console.log('answered', answer.status);
`,
  },
  turns: [{ calls: [{ tool: 'shell', command: 'node forge.mjs', says: 'answered 200' }] }],
};

const played = [...sessions.filter(({ name, end }) => end === undefined && name !== 'killed'), forgery];

for (const agent of agents)
  describe(`${agent.name}, heard`, { concurrency: 3 }, () => {
    for (const session of played)
      test(`what it tells of ${session.name} is joined with what was seen`, {
        skip: agent.cannot[session.name] ?? false,
      }, async () => {
        await using stage = await setStage(heard(agent), session, packages, folder);
        const out = join(stage.home, '../trace');
        const { code, output } = await play(hearing(stage, out));
        assert.equal(code, 0, output);
        const calls = planSession(session, agent, stage.workspace).conversations.flatMap(({ turns }) => turns.flat());
        const spans = readTrace(out);
        assertJoined(agent, calls, spans);
        assert.deepEqual(findingsIn(spans), session === forgery ? ['High agent-impersonated'] : []);
      });
  });

/** Every command is told of once, and by both; each under the id that the model gave it, where the agent tells that one. */
function assertJoined(agent: Agent, calls: PlannedCall[], spans: Span[]): void {
  const wanted = calls.flatMap((call) => shown(agent.commandIn(call)) ?? []);
  const told = spans.filter(({ name }) => name.startsWith('execute_tool '));
  const joined = told.filter(isOf('both'));
  const misjoined = joined.filter(({ attributes }) => {
    const asked = calls.find(({ id }) => String(attributes['gen_ai.tool.call.id']).endsWith(id));
    return asked !== undefined && shown(agent.commandIn(asked)) !== attributes['chaperone.agent.command'];
  });
  const tally = tallies.get(agent.name) ?? { true: 0, told: 0, joined: 0, misjoined: 0 };
  tally.true += calls.length;
  tally.told += told.filter(({ attributes }) => attributes['chaperone.agent.source'] !== 'kernel').length;
  tally.joined += joined.length;
  tally.misjoined += misjoined.length;
  tallies.set(agent.name, tally);
  const silent = told.filter(isOf('kernel'));
  const commands = [...joined, ...silent].map(({ attributes }) => attributes['chaperone.agent.command']);
  assert.deepEqual(commands.sort(), wanted.sort());
  assert.deepEqual(misjoined, []);
  // It sends every five seconds and not at its end, so it may tell nothing of its last ones.
  if (agent.traced !== 'opencode') assert.deepEqual(silent, []);
}

const tallies = new Map<string, { true: number; told: number; joined: number; misjoined: number }>();
after(() => {
  for (const [name, { true: asked, told, joined, misjoined }] of tallies)
    console.log(
      `${name}: ${asked} calls of its model, ${told} told, ${joined} joined with processes, ${misjoined} wrongly`,
    );
});

const isOf =
  (source: string) =>
  ({ attributes }: Span) =>
    attributes['chaperone.agent.source'] === source;

/** Those that are about what agents tell. */
function findingsIn(spans: Span[]): string[] {
  return spans
    .filter(({ name }) => /^finding agent-(word-differs|impersonated)/.test(name))
    .map(({ attributes }) => `${attributes['chaperone.finding.severity']} ${attributes['security_rule.name']}`);
}
