import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { agents } from './agents.ts';
import type { Entry } from './model/record.ts';
import { type Plan, type PlannedCall, planSession } from './script.ts';
import { sessions } from './sessions.ts';
import { type Played, play, setStage } from './stage.ts';

const root = join(import.meta.dirname, '../../..');
let packages: string;
let folder: string;
before(() => {
  packages = join(execFileSync(join(root, 'scripts/agents'), ['--path'], { encoding: 'utf8' }).trim(), 'node_modules');
  mkdirSync(join(root, 'out'), { recursive: true });
  folder = mkdtempSync(join(root, 'out/agents-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

for (const agent of agents)
  describe(agent.name, () => {
    for (const session of sessions) {
      const reason = agent.cannot[session.name];
      test(`plays ${session.name} to its end, call by call`, { skip: reason ?? false }, async () => {
        await using stage = await setStage(agent, session, packages, folder);
        // Killed where that is the session's point, or where an agent that was cut off three times still tries again.
        const enough = () =>
          (session.name === 'killed' && existsSync(join(stage.workspace, 'running'))) ||
          ofKind(stage.record(), 'drop').length > 2;
        const played = await play(stage, enough);
        const plan = planSession(session, agent, stage.workspace);
        assert.deepEqual(asked(played.record), planned(plan), played.output);
        assert.deepEqual(ofKind(played.record, 'stray'), [], 'it asked for something that no model API has');
        ends[session.name === 'killed' ? 'killed' : (session.end ?? 'answered')](played, plan);
      });
    }
  });

const ends = {
  answered({ code, output, record }: Played, plan: Plan) {
    assert.equal(code, 0, output);
    assertResults(record, plan);
    for (const { name, turns } of plan.conversations)
      if (!turns.flat().some(({ last }) => last))
        assert.ok(ofKind(record, 'done').some((end) => end.conversation === name));
  },

  dropped({ code, output, record }: Played, plan: Plan) {
    assert.notEqual(code, 0, output);
    assertResults(record, plan);
    assert.notEqual(ofKind(record, 'drop').length, 0);
  },

  killed({ signal, record }: Played) {
    assert.equal(signal, 'SIGKILL');
    assert.deepEqual(ofKind(record, 'result'), []);
  },
};

/** Each call came back once, with what the command or file really says. */
function assertResults(record: Entry[], plan: Plan): void {
  const results = ofKind(record, 'result');
  const answered = calls(plan).filter(({ last }) => !last);
  assert.deepEqual(results.map(({ id }) => id).sort(), answered.map(({ id }) => id).sort());
  for (const { id, says = '' } of answered) {
    const output = results.find((result) => result.id === id)?.output ?? '';
    assert.ok(output.includes(says), `${id} gave '${output}' and not '${says}'`);
  }
}

function asked(record: Entry[]) {
  return ofKind(record, 'call')
    .map(({ id, tool }) => `${id} ${tool}`)
    .sort();
}

function planned(plan: Plan) {
  return calls(plan)
    .map(({ id, name, namespace }) => `${id} ${namespace ? `${namespace}.` : ''}${name}`)
    .sort();
}

function calls({ conversations }: Plan): PlannedCall[] {
  return conversations.flatMap(({ turns }) => turns.flat());
}

function ofKind<K extends Entry['kind']>(record: Entry[], kind: K): Extract<Entry, { kind: K }>[] {
  return record.filter((entry): entry is Extract<Entry, { kind: K }> => entry.kind === kind);
}
