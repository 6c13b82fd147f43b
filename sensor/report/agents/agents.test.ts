import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { FinishedSpan } from '../../spans/finished-span.ts';
import { tell } from '../story.ts';
import { summarize } from '../summary.ts';
import { JobBuilder } from '../testing/job.ts';
import { drawWaterfall } from '../waterfall.ts';

const at = new JobBuilder();
const job = at.job('build', 0, 60);
const step = at.step(job, 'Ask the agent', 0, 50);
const change = (path: string) => ({
  name: 'chaperone.file.change',
  time: job.start,
  attributes: { 'file.path': path },
});

/** A process with a pid of its own, as all that the sensor tells of have. */
function process(parent: FinishedSpan, args: string[], from: number, to: number, pid: number): FinishedSpan {
  const attributes = { 'process.pid': pid, 'process.working_directory': '/w' };
  return at.process(parent, args, from, to, { attributes });
}

function finding(parent: FinishedSpan): FinishedSpan {
  const attributes = { 'security_rule.name': 'env-read', 'chaperone.finding.severity': 'High' };
  return at.other(parent, 'finding env-read', 8, { attributes });
}

const claude = process(process(step, ['bash', '/tmp/0.sh'], 0, 50, 1), ['claude', '-p', 'Fix it'], 1, 40, 2);
claude.events.push(change('/root/.claude.json'), change('/w/src/a.ts'));
at.connection(claude, 'api.example.com', 443, 2);
at.connection(claude, '10.96.0.10', 53, 2);
const counts = {
  'chaperone.agent.tool_calls.told': 3,
  'chaperone.files.changes.count': 5,
  'chaperone.agent.left_running.count': 2,
};
const session = at.agent(claude, 'claude-code', 2, { attributes: { ...counts, 'gen_ai.agent.version': '2.1.330' } });
const call = at.toolCall(session, 'npm test', 5, 20, { error: {}, attributes: { 'error.type': '1' } });
const npm = process(call, ['npm', 'test'], 5, 20, 3);
npm.events.push({ name: 'chaperone.file.read', time: job.start, attributes: { 'file.path': '/root/.npmrc' } });
const found = finding(npm);
const serve = process(call, ['sh', '-c', 'serve'], 6, 55, 4);
process(serve, ['serve', '--port', '1'], 6, 55, 4);
const codex = process(at.toolCall(session, 'codex exec', 21, 30), ['codex', 'exec'], 21, 30, 5);
const inner = at.agent(codex, 'codex', 1);
at.connection(process(at.toolCall(inner, 'curl x', 22, 23), ['curl', 'x'], 22, 23, 6), 'inner.example', 443, 22);
const claim = { 'chaperone.agent.source': 'agent', 'gen_ai.tool.name': 'Read', 'gen_ai.tool.call.id': 'call_9' };
at.toolCall(session, 'a.ts', 31, 31, { attributes: claim });
const words = at.mcpServer(session, 'words', 3, 40);
at.connection(process(words, ['node', 'words.ts'], 3, 40, 8), 'words.example', 443, 4);
const elsewhere = finding(process(at.step(job, 'Test', 50, 60), ['env'], 51, 52, 7));

const summary = summarize(tell(at.spans), { spans: at.spans, resource: {}, delivered: null, files: {} });

test('the summary answers for each agent: where it ran, what it changed, reached, read, left, and which findings are its own', () => {
  const [agent, ...others] = summary.agents;
  assert.deepEqual(
    { ...agent, start: '', calls: agent?.calls.length, mcpServers: agent?.mcpServers.map(({ id }) => id) },
    {
      id: session.spanId,
      name: 'claude-code',
      version: '2.1.330',
      job: { name: 'build' },
      step: { name: 'Ask the agent', ordinal: 1 },
      start: '',
      durationMs: 39_000,
      toolCalls: 2,
      toolCallsClaimed: 1,
      toolCallsTold: 3,
      calls: 3,
      mcpServers: [words.spanId],
      processes: 0,
      connections: 0,
      fileChanges: { total: 5, files: ['/w/src/a.ts', '/root/.claude.json'] },
      secretsRead: { total: 1, files: ['/root/.npmrc'] },
      hosts: ['api.example.com', 'words.example'],
      findings: [found.spanId],
      leftRunning: { total: 2, commands: ['serve --port 1'] },
    },
  );
  assert.deepEqual(
    others.map(({ name, hosts }) => [name, hosts]),
    [['codex', ['inner.example']]],
  );
});

test('a file that was put in the place of another is named by both paths, a linked one by its new path alone', () => {
  const one = new JobBuilder();
  const step = one.step(one.job('build', 0, 9), 'Ask', 0, 9);
  const agent = one.process(step, ['claude'], 1, 8);
  for (const [operation, path, target] of [
    ['rename', '/w/a.ts.tmp', '/w/a.ts'],
    ['link', '/w/new', '/w/old'],
  ] as const) {
    const attributes = { 'file.path': path, 'chaperone.file.operation': operation, 'chaperone.file.target': target };
    agent.events.push({ name: 'chaperone.file.change', time: agent.start, attributes });
  }
  one.agent(agent, 'claude-code', 0);
  const [said] = summarize(tell(one.spans), { spans: one.spans, resource: {}, delivered: null, files: {} }).agents;
  assert.deepEqual(said?.fileChanges?.files, ['/w/a.ts', '/w/a.ts.tmp', '/w/new']);
});

test('a command has its own part of it, and how it ended', () => {
  const [npmTest] = summary.agents[0]?.calls ?? [];
  assert.equal(npmTest?.command, 'npm test');
  assert.equal(npmTest?.error, '1');
  assert.deepEqual(npmTest?.secretsRead, { total: 1, files: ['/root/.npmrc'] });
  assert.deepEqual(npmTest?.findings, [found.spanId]);
});

test('a server has its own part of it as well', () => {
  const [server] = summary.agents[0]?.mcpServers ?? [];
  assert.equal(server?.name, 'words');
  assert.deepEqual(server?.hosts, ['words.example']);
});

test('a call that only the agent tells of says so', () => {
  const told = summary.agents[0]?.calls.map(({ tool, source, callId }) => [tool, source, callId]);
  assert.deepEqual(told, [
    ['Bash', undefined, undefined],
    ['Bash', undefined, undefined],
    ['Read', 'agent', 'call_9'],
  ]);
});

test('every finding that an agent names is among the findings, and one of another step is none of an agent', () => {
  const ids = summary.findings.map(({ id }) => id);
  const named = summary.agents.flatMap(({ findings }) => findings);
  assert.deepEqual(
    ids.filter((id) => !named.includes(id)),
    [elsewhere.spanId],
  );
});

test('the line of an agent says what all of it came to', () => {
  const drawn = drawWaterfall(at.spans, summary, { color: false, width: 300 });
  const line = drawn.split('\n').find((each) => each.includes('agent claude-code 2.1.330'));
  const said =
    /3 tool calls \(1 told by the agent alone\) {2}5 file changes {2}→ api\.example\.com, words\.example {2}reads \/root\/\.npmrc {2}leaves running: 2 processes {2}▲ 1 finding \(High\)/;
  assert.match(String(line), said, drawn);
  assert.match(drawn, / · 2 agents \(4 tool calls\) · /);
});

test('of a large run the line of the agent is drawn before those of its commands', () => {
  const many = new JobBuilder();
  const step = many.step(many.job('build', 0, 100), 'Ask', 0, 100);
  const agent = many.agent(many.process(many.process(step, ['bash'], 0, 100), ['codex'], 1, 99), 'codex', 90);
  for (let index = 0; index < 90; index += 1) many.toolCall(agent, `sh ${index}`, 2 + index, 3 + index, { error: {} });
  const facts = { spans: many.spans, resource: {}, delivered: null, files: {} };
  assert.match(
    drawWaterfall(many.spans, summarize(tell(many.spans), facts), { color: false, width: 120 }),
    /agent codex .*90 tool calls/,
  );
});

test('docs/summary.md names every field of an agent', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/summary.md'), 'utf8');
  const [agent] = summary.agents;
  for (const field of [agent ?? {}, agent?.calls[2] ?? {}, agent?.mcpServers[0] ?? {}].flatMap(Object.keys))
    assert.match(page, new RegExp(`[\`.]${field}(\\[\\])?\``), field);
});
