import assert from 'node:assert/strict';
import { chmodSync, linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { record } from '../lineage/testing/recording.ts';
import { scratchFolder } from '../probe/testing/actor.ts';
import { skip } from '../probe/testing/machine.ts';
import { observe } from '../probe/testing/observe.ts';
import type { FinishedSpan } from '../spans/finished-span.ts';
import { noPolicy } from '../spans/policy-view.ts';

mkdirSync(scratchFolder, { recursive: true });
const folder = mkdtempSync(join(scratchFolder, 'agents-'));
chmodSync(folder, 0o755);
after(() => rmSync(folder, { recursive: true }));

/** A program that lies where an agent's does, and is Node: what it does is in its arguments. */
function standIn(path: string): string {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  linkSync(process.execPath, file);
  return file;
}

function script(path: string, text: string): string {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text, { mode: 0o755 });
  return file;
}

/** Text for Node that runs a program to its end. */
function spawning(program: string, ...args: string[]): string {
  return `require('child_process').spawnSync(${JSON.stringify(program)}, ${JSON.stringify(args)}, {stdio: 'inherit'})`;
}

/** The runs of agents in a command: what says that each is one, its commands, and the process that it is of. */
async function runsIn(command: readonly string[], paths: string[] = []): Promise<string[]> {
  const { events } = await observe(async (run) => {
    assert.equal((await run(command)).code, 0);
  });
  const policy = { ...noPolicy, agents: paths.length === 0 ? [] : [{ name: 'house-agent', match: { paths } }] };
  const { pipeline, spans } = record({ engine: 'generic', policy: () => policy });
  for (const event of events) pipeline.push(event);
  pipeline.finish(0n);
  return spans.filter(({ name }) => name.startsWith('invoke_agent')).map((session) => told(session, spans));
}

function told({ name, attributes, spanId, parentSpanId }: FinishedSpan, spans: readonly FinishedSpan[]): string {
  const calls = spans
    .filter((span) => span.parentSpanId === spanId)
    .map((call) => call.attributes['chaperone.agent.command']);
  const process = spans.find((span) => span.spanId === parentSpanId)?.name;
  return `${name} by ${attributes['chaperone.agent.evidence']}: ${process} runs ${calls.join(', ')}`;
}

const claude = standIn('home/.local/share/claude/versions/9.9.9');
const claudeText = spawning(
  '/bin/bash',
  '-c',
  "source /x/shell-snapshots/snapshot-bash-1-x.sh; true && eval 'echo hi' < /dev/null && pwd -P >| /dev/null",
);
const codex = standIn('lib/node_modules/@openai/codex-linux-x64/vendor/x86_64-unknown-linux-musl/bin/codex');
const codexText = spawning('/bin/bash', '-c', 'echo hi');

test("an action's script that calls the installed Claude Code is no run of it", { skip }, async () => {
  const bun = standIn('opt/bun');
  const action = script('actions/run.cjs', spawning(claude, '-e', claudeText));
  assert.deepEqual(await runsIn([bun, action]), ['invoke_agent claude-code by program: 9.9.9 runs echo hi']);
});

test("an action's script that calls Codex as another user is no run of it", { skip }, async () => {
  const user = ['--reuid', '65534', '--regid', '65534', '--clear-groups', '--'];
  const action = script('actions/main.cjs', spawning('setpriv', ...user, codex, '-e', codexText));
  assert.deepEqual(await runsIn([process.execPath, action]), ['invoke_agent codex by program: codex runs echo hi']);
});

test('a link to a script that starts itself again with more memory is Gemini CLI, and a script of that name that does not is none', {
  skip,
}, async () => {
  const again = `process.execArgv.length ? 0 : ${spawning(process.execPath, '--max-old-space-size=99', join(folder, 'bin/gemini'))}`;
  mkdirSync(join(folder, 'bin'), { recursive: true });
  symlinkSync(script('lib/gemini.cjs', again), join(folder, 'bin/gemini'));
  assert.deepEqual(await runsIn(['/bin/bash', '-c', `${process.execPath} ${folder}/bin/gemini; true`]), [
    'invoke_agent gemini-cli by behavior: node runs ',
  ]);
  const another = script('tools/gemini', spawning('/bin/bash', '-c', 'echo hi'));
  assert.deepEqual(await runsIn([process.execPath, another]), []);
});

test('a program that the policy declares is an agent, and the shells that it starts are its commands', {
  skip,
}, async () => {
  const agent = standIn('house/1.0/agent');
  const command = [agent, '-e', `${spawning('/bin/sh', '-c', 'echo hi; true')};${spawning('/bin/echo', 'ho')}`];
  assert.deepEqual(await runsIn(command), []);
  assert.deepEqual(await runsIn(command, [`${folder}/house/*/agent`]), [
    'invoke_agent house-agent by policy: agent runs echo hi; true',
  ]);
});
