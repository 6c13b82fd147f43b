import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type Finding, isAtLeast } from '../../../crds/finding.ts';
import type { Agent, ToldCall } from './agent.ts';
import { agents } from './agents.ts';
import type { Entry } from './model/record.ts';
import { type Plan, type PlannedCall, planSession, type Session } from './script.ts';
import { sessions } from './sessions.ts';
import { type Played, play, type Stage, setStage } from './stage.ts';
import { readTrace, shown, type TracedRun, tracedRun } from './trace.ts';

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
  describe(agent.name, { concurrency: 3 }, () => {
    for (const session of sessions) {
      const reason = agent.cannot[session.name];
      const end = endOf(session);
      const told = end === 'answered' ? ', and the trace tells each command and server once' : '';
      test(`plays ${session.name} to its end, call by call${told}`, { skip: reason ?? false }, async () => {
        await using stage = await setStage(agent, session, packages, folder);
        // Killed where that is the session's point, or where an agent that was cut off three times still tries again.
        const enough = () =>
          (session.name === 'killed' && existsSync(join(stage.workspace, 'running'))) ||
          ofKind(stage.record(), 'drop').length > 2;
        const out = join(stage.home, '../trace');
        const played = await play(end === 'answered' ? underSensor(stage, out) : stage, enough);
        const plan = planSession(session, agent, stage.workspace);
        assert.deepEqual(asked(played.record), planned(plan), played.output);
        assert.deepEqual(ofKind(played.record, 'stray'), [], 'it asked for something that no model API has');
        ends[end](played, plan);
        if (end !== 'answered') return;
        assertNoAlarm(out);
        const run = tracedRun(readTrace(out));
        assertTraced(run, plan, agent);
        assertTold(run, agent, stage.home);
        assert.deepEqual(run.servers, session.mcp ? ['mcp-server'] : []);
      });
    }
  });

for (const agent of agents)
  test(`${agent.name} called through npx begins at the agent, and npx is none of it`, async () => {
    const session = sessions.find(({ name }) => name === 'run-command') as Session;
    await using stage = await setStage(agent, session, packages, folder);
    const out = join(stage.home, '../trace');
    const { code, output } = await play(underSensor(throughNpx(stage), out));
    assert.equal(code, 0, output);
    const run = tracedRun(readTrace(out));
    assertTraced(run, planSession(session, agent, stage.workspace), agent);
    assert.doesNotMatch(String(run.processes), /np[mx]|sh/);
  });

/** What is installed is called by its name, so that npx asks no registry. */
function throughNpx(stage: Stage): Stage {
  const npx = ['npx', '--offline', '--prefix', dirname(packages), '--'];
  const command = stage.command.flatMap((word) =>
    dirname(word) === join(packages, '.bin') ? [...npx, basename(word)] : [word],
  );
  return { ...stage, command };
}

function endOf({ name, end }: Session): keyof typeof ends {
  return name === 'killed' ? 'killed' : (end ?? 'answered');
}

/** The same session as a job of one step. Killing the sensor's command line would not kill the agent, so not where that is the session's point. */
function underSensor(stage: Stage, out: string): Stage {
  const command = [join(root, 'bin/chaperone'), 'run', '--quiet', '--files', '--out', out, '--', ...stage.command];
  return { ...stage, command, environment: { ...stage.environment, TRACEPARENT: upstream } };
}

/** What the job is told to stand below: agents hand it on to their commands, or do not, and neither makes a link. */
const upstream = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

/** Every command that the model asked for is in the trace once, none else is, and what the commands started stands below the right one. */
function assertTraced(run: TracedRun, plan: Plan, { traced, commandIn }: Agent): void {
  const commands = calls(plan).flatMap((call) => shown(commandIn(call)) ?? []);
  assert.deepEqual(run.agents, [traced]);
  assert.deepEqual([...run.commands].sort(), [...commands].sort());
  const misplaced = scripts.flatMap((script) =>
    run.commandsAbove(script).filter((command) => !command?.includes(script)),
  );
  assert.deepEqual(misplaced, []);
  tally.commands += commands.length;
  tally.seen += run.commands.length;
  tally.placed += scripts.flatMap((script) => run.commandsAbove(script)).length;
}

/** Version, session and commands have the numbers that the agent itself has for them. */
function assertTold({ version, conversation, calls, links }: TracedRun, agent: Agent, home: string): void {
  const { version: installed } = JSON.parse(readFileSync(join(packages, agent.package, 'package.json'), 'utf8'));
  assert.equal(version, installed);
  const told = agent.told?.(home);
  // An agent that runs no command says nothing of its session.
  assert.equal(conversation, calls.length === 0 ? undefined : told?.conversation);
  const nameless = calls.map(({ command }) => ({ command, id: undefined, thread: undefined }));
  const named = told?.calls?.map((call) => ({ ...call, command: shown(call.command) ?? '' }));
  assert.deepEqual(sorted(calls), sorted(named ?? nameless));
  assert.deepEqual(links, []);
  tally.ids += calls.filter(({ id }) => id !== undefined).length;
}

/** These are good days: nothing that an agent or its commands did is found to be worse than Low. */
function assertNoAlarm(out: string): void {
  const { findings } = JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8')) as { findings: readonly Finding[] };
  assert.deepEqual(
    findings.filter(({ severity }) => isAtLeast(severity, 'Medium')).map(({ text }) => text),
    [],
  );
  for (const { rule, severity } of findings) found.push(`${severity} ${rule}`);
}

function sorted(calls: ToldCall[]): string[] {
  return calls.map(({ command, id, thread }) => [id, thread, command.trim()].join(' ')).sort();
}

/** What sessions run by name, so that each process of theirs tells which command it is of. */
const scripts = ['greet.sh', 'build.sh'];
/** `Low source-changed`, each as often as it was found. */
const found: string[] = [];
const tally = { commands: 0, seen: 0, placed: 0, ids: 0 };
after(() => {
  console.log(
    `commands of agents: ${tally.commands} true, ${tally.seen} seen; ${tally.placed} processes placed, none wrong; ${tally.ids} ids, all as told`,
  );
  const counts = Object.entries(Object.groupBy(found, (kind) => kind)).map(([kind, all]) => `${kind} ${all?.length}`);
  console.log(`findings of good days: ${counts.sort().join(', ') || 'none'}`);
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
