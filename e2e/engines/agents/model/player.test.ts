import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { codexWithFunctions } from '../codex.ts';
import { geminiCli } from '../gemini-cli.ts';
import { planSession, type Session, type Turn } from '../script.ts';
import type { Asked, ToolResult } from './dialect.ts';
import { nextMove } from './player.ts';

const root = join(import.meta.dirname, '../../../..');

describe('the script player', () => {
  test('asks for the calls of a turn together, and for each of their steps after the one before', () => {
    const plan = planned([
      {
        calls: [
          { tool: 'long-shell', command: 'make' },
          { tool: 'shell', command: 'ls' },
        ],
      },
    ]);
    assert.deepEqual(
      plan.conversations[0]?.turns.map((turn) => turn.map(({ id, name }) => `${id} ${name}`)),
      [['call_main_0_0 exec_command', 'call_main_0_1 exec_command'], ['call_main_1_0 write_stdin']],
    );
  });

  test('takes what a step needs out of the result of the step before', () => {
    const plan = planned([{ calls: [{ tool: 'long-shell', command: 'make' }] }]);
    const results = [{ id: 'call_main_0_0', output: 'Process running with session ID 42\n' }];
    const move = nextMove(plan, asked({ calls: ['call_main_0_0'], results }));
    assert.deepEqual(move.answer.calls[0]?.input, { session_id: 42, yield_time_ms: 300_000 });
  });

  test('says that it is done after the last turn, or cuts the connection where the script says so', () => {
    const turns: Turn[] = [{ calls: [{ tool: 'shell', command: 'ls' }] }];
    const history = asked({ calls: ['call_main_0_0'] });
    assert.equal(nextMove(planned(turns), history).kind, 'answer');
    assert.equal(nextMove(planned(turns), history).answer.calls.length, 0);
    assert.equal(nextMove(planned(turns, 'dropped'), history).kind, 'drop');
  });

  test('plays a sub-agent in a conversation of its own, which ends by the call that its agent wants', () => {
    const turns: Turn[] = [{ calls: [{ tool: 'task', prompt: 'The part.', turns: [] }] }];
    const plan = planSession(session(turns), geminiCli, '/work');
    assert.equal(nextMove(plan, asked({ said: ['The part.'] })).answer.calls[0]?.name, 'complete_task');
  });

  test('keeps a request without tools out of the script', () => {
    assert.equal(nextMove(planned([]), asked({ offered: [] })).kind, 'aside');
  });
});

test('docs/agents.md speaks of the versions that are installed', () => {
  const { dependencies } = JSON.parse(readFileSync(join(root, 'e2e/tools/agents/package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  const docs = readFileSync(join(root, 'docs/agents.md'), 'utf8');
  for (const [name, version] of Object.entries(dependencies)) assert.ok(docs.includes(version), `${name} ${version}`);
});

function planned(turns: Turn[], end?: 'dropped') {
  return planSession(session(turns, end), codexWithFunctions, '/work');
}

function session(turns: Turn[], end?: 'dropped'): Session {
  return { name: 'example', prompt: 'Play.', files: {}, turns, ...(end && { end }) };
}

function asked(fields: { said?: string[]; calls?: string[]; results?: ToolResult[]; offered?: string[] }): Asked {
  return { said: ['Play.'], calls: [], results: [], offered: ['exec_command'], ...fields };
}
