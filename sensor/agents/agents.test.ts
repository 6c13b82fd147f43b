import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Stream } from '../decode/process-events.ts';
import { FakeKernel, type FakeProcess } from '../lineage/testing/fake-kernel.ts';
import { childrenOf, drawSpans, replay, spanNamed } from '../lineage/testing/recording.ts';
import { defaultBudget } from '../spans/budget.ts';
import type { FinishedSpan } from '../spans/finished-span.ts';
import { type AgentProcesses, agentProcesses } from './testing/agent-processes.ts';

const [claude, codex] = agentProcesses as readonly [AgentProcesses, AgentProcesses];

/** A step's shell in which `play` happens, and the trace of it. */
function traceOf(play: (kernel: FakeKernel, shell: FakeProcess) => void, budget = defaultBudget) {
  const kernel = new FakeKernel();
  const shell = kernel.spawn(kernel.process(), '/usr/bin/sh');
  play(kernel, shell);
  kernel.exit(shell);
  return replay(kernel, { engine: 'generic', budget }).spans;
}

/** What stands below a span, as indented lines. */
function drawBelow(spans: readonly FinishedSpan[], top: FinishedSpan): string {
  const below = (span: FinishedSpan): FinishedSpan[] =>
    childrenOf(spans, span).flatMap((child) => [child, ...below(child)]);
  return drawSpans(below(top));
}

for (const agent of agentProcesses)
  test(`a run of ${agent.name} is a span, each of its commands one below it, and what it does of its own is none`, () => {
    const spans = traceOf((kernel, shell) => {
      const process = agent.start(kernel, shell);
      kernel.run(process, '/usr/bin/git', { argv: ['git', 'rev-parse', 'HEAD'] });
      for (const command of ["npm test -- --grep 'it works'", 'cat a | sort']) {
        const call = agent.call(kernel, process, command);
        kernel.run(call, '/usr/bin/worker');
        kernel.exit(call);
      }
      kernel.exit(process);
    });
    const session = spanNamed(spans, `invoke_agent ${agent.name}`);
    const calls = childrenOf(spans, session);
    assert.deepEqual(
      calls.map(({ name, attributes }) => [name, attributes['chaperone.agent.command']]),
      ["npm test -- --grep 'it works'", 'cat a | sort'].map((command) => [`execute_tool ${agent.tool}`, command]),
    );
    for (const call of calls) assert.match(drawBelow(spans, call), /(bash|exe)\n(.*\n)* +worker$/);
  });

for (const agent of agentProcesses.filter(({ name }) => name !== 'opencode'))
  test(`a hook of ${agent.name}, which is told of a call on its standard input, is no call itself`, () => {
    const spans = traceOf((kernel, shell) => {
      const process = agent.start(kernel, shell);
      const pipe: Stream = { kind: 'pipe', file: 7 };
      kernel.run(process, '/bin/sh', { argv: ['sh', '-c', './check.sh'], stdin: pipe, stdout: pipe });
      kernel.exit(process);
    });
    assert.deepEqual(childrenOf(spans, spanNamed(spans, `invoke_agent ${agent.name}`)), []);
  });

test('what a command leaves running stays below the command, and the agent says that it left it', () => {
  const spans = traceOf((kernel, shell) => {
    const agent = claude.start(kernel, shell);
    const call = claude.call(kernel, agent, 'server &');
    const server = kernel.spawn(call, '/usr/bin/server');
    kernel.exit(call);
    kernel.exit(agent);
    kernel.connect(server, '192.0.2.9', 443);
    kernel.exit(server);
  });
  assert.match(drawBelow(spans, spanNamed(spans, 'execute_tool Bash')), /^bash\n +server\n +connect/);
  assert.equal(spanNamed(spans, 'invoke_agent claude-code').attributes['chaperone.agent.left_running.count'], 1);
});

test('runs beyond those that a job tells of are counted', () => {
  const spans = traceOf((kernel, shell) => {
    for (let i = 0; i < 70; i += 1) kernel.exit(claude.start(kernel, shell));
  });
  assert.equal(spans.filter(({ name }) => name === 'invoke_agent claude-code').length, 64);
  assert.equal(spans.at(-1)?.attributes['chaperone.coverage.folded.agents'], 6);
});

test('two agents side by side are told apart, whatever the order in which things happen', () => {
  const spans = traceOf((kernel, shell) => {
    const [one, other] = [claude.start(kernel, shell), codex.start(kernel, shell)];
    const [first, second] = [claude.call(kernel, one, 'ls'), codex.call(kernel, other, 'ls')];
    kernel.run(second, '/usr/bin/of-codex');
    kernel.run(first, '/usr/bin/of-claude');
    for (const process of [first, one, second, other]) kernel.exit(process);
  });
  assert.match(drawBelow(spans, spanNamed(spans, 'execute_tool Bash')), /of-claude$/);
  assert.match(drawBelow(spans, spanNamed(spans, 'execute_tool shell')), /of-codex$/);
});

test('an agent that an agent calls in a command is a run of its own below that command', () => {
  const spans = traceOf((kernel, shell) => {
    const agent = claude.start(kernel, shell);
    const call = claude.call(kernel, agent, 'codex exec');
    const inner = codex.start(kernel, call);
    kernel.exit(codex.call(kernel, inner, 'ls'));
    for (const process of [inner, call, agent]) kernel.exit(process);
  });
  assert.match(drawBelow(spans, spanNamed(spans, 'execute_tool Bash')), /invoke_agent codex\n +execute_tool shell/);
});

test('run and command say what they caused, and how they ended', () => {
  const spans = traceOf((kernel, shell) => {
    const agent = claude.start(kernel, shell);
    const call = claude.call(
      kernel,
      agent,
      'curl -H "Authorization: Bearer abcdefghijklmnop0123456789" https://x.example',
    );
    const curl = kernel.spawn(call, '/usr/bin/curl');
    kernel.resolve(curl, 'x.example', ['192.0.2.1']);
    kernel.connect(curl, '10.96.0.10', 53);
    kernel.connect(curl, '192.0.2.1', 443);
    kernel.file(curl, '/work/out.html', { operation: 'create' });
    kernel.file(curl, '/root/.npmrc', { operation: 'read' });
    kernel.exit(curl);
    kernel.exit(call, 22);
    kernel.exit(agent, 1);
  });
  for (const name of ['execute_tool Bash', 'invoke_agent claude-code']) {
    const { attributes, error } = spanNamed(spans, name);
    assert.deepEqual(attributes['chaperone.agent.hosts'], ['x.example']);
    assert.equal(attributes['chaperone.files.changes.count'], 1);
    assert.equal(attributes['chaperone.files.secrets.count'], 1);
    assert.notEqual(error, null);
  }
  assert.equal(spans.at(-1)?.attributes['chaperone.hosts.count'], 1);
  const { attributes } = spanNamed(spans, 'execute_tool Bash');
  assert.equal(attributes['error.type'], '22');
  assert.doesNotMatch(String(attributes['chaperone.agent.command']), /abcdefghijklmnop/);
});

test('where there is no room for more commands they are counted, and their processes are told as any others', () => {
  const budget = { ...defaultBudget, jobSpans: 20 };
  const spans = traceOf((kernel, shell) => {
    const agent = claude.start(kernel, shell);
    for (let index = 0; index < 50; index += 1) kernel.exit(claude.call(kernel, agent, 'ls'));
    kernel.exit(agent);
  }, budget);
  const { attributes } = spanNamed(spans, 'invoke_agent claude-code');
  const told = spans.filter(({ name }) => name === 'execute_tool Bash').length;
  assert.equal(attributes['chaperone.agent.tool_calls.count'], 50);
  assert.equal(attributes['chaperone.agent.tool_calls.untold'], 50 - told);
  assert.ok(told > 0 && told < 50);
});

test("an agent's name in another program's arguments makes no agent", () => {
  const spans = traceOf((kernel, shell) => {
    kernel.run(shell, '/usr/bin/npm', { argv: ['npm', 'install', '@anthropic-ai/claude-code'] });
    kernel.run(shell, '/usr/local/bin/node', { argv: ['node', 'build.js', 'codex'] });
    kernel.run(shell, '/usr/bin/cat', { argv: ['cat', '/usr/local/bin/gemini'] });
  });
  assert.deepEqual(
    spans.filter(({ name }) => name.startsWith('invoke_agent')),
    [],
  );
});

const codexProgram = '/opt/lib/node_modules/@openai/codex-linux-x64/vendor/x86_64-unknown-linux-musl/bin/codex';
const sessionsOf = (spans: readonly FinishedSpan[]) => spans.filter(({ name }) => name.startsWith('invoke_agent'));

test('a program that only bears the name of an agent is none, whatever it starts', () => {
  const spans = traceOf((kernel, shell) => {
    const script = kernel.spawn(shell, '/work/scripts/claude', {
      path: '/usr/bin/node',
      argv: ['node', '/work/scripts/claude'],
    });
    kernel.run(script, '/bin/bash', { argv: ['bash', '-c', 'npm test'] });
    const program = kernel.spawn(shell, '/work/bin/opencode');
    kernel.run(program, '/bin/bash', { argv: ['bash', '-c', 'npm test'] });
    for (const process of [program, script]) kernel.exit(process);
  });
  assert.deepEqual(sessionsOf(spans), []);
  assert.match(drawSpans(spans), /claude\n.*bash\n/);
  assert.doesNotMatch(drawSpans(spans), /execute_tool/);
});

test('one that bears the name and runs commands as the agent does is the agent, from its beginning', () => {
  const spans = traceOf((kernel, shell) => {
    const program = kernel.spawn(shell, '/usr/local/bin/claude');
    kernel.run(program, '/usr/bin/git', { argv: ['git', 'status'] });
    kernel.exit(claude.call(kernel, program, 'npm test'));
    kernel.exit(program);
  });
  const { attributes, start } = spanNamed(spans, 'invoke_agent claude-code');
  assert.equal(attributes['chaperone.agent.evidence'], 'behavior');
  assert.equal(start, spanNamed(spans, 'claude').start);
  assert.equal(spanNamed(spans, 'execute_tool Bash').attributes['chaperone.agent.command'], 'npm test');
});

test('what the agent did before it was known to be one is its own', () => {
  const spans = traceOf((kernel, shell) => {
    const program = kernel.spawn(shell, '/usr/local/bin/claude');
    kernel.connect(program, '192.0.2.1', 443);
    kernel.exit(claude.call(kernel, program, 'npm test'));
    kernel.exit(program);
  });
  assert.deepEqual(spanNamed(spans, 'invoke_agent claude-code').attributes['chaperone.agent.hosts'], ['192.0.2.1']);
});

for (const wrapper of [
  ['npx', '-y', '@anthropic-ai/claude-code'],
  ['sudo', '-u', 'agent', '--', 'claude'],
  ['timeout', '60', 'claude'],
  ['bun', 'run', '/actions/claude-code-action/src/entrypoints/run.ts'],
])
  test(`called through ${wrapper[0]} the run begins at the agent, and the wrapper is none of it`, () => {
    const spans = traceOf((kernel, shell) => {
      const outer = kernel.spawn(shell, `/usr/bin/${wrapper[0]}`, { argv: wrapper });
      kernel.run(outer, '/bin/sh', { argv: ['sh', '-c', 'echo of the wrapper'] });
      const inner = kernel.spawn(outer, '/bin/sh', { argv: ['sh', '-c', 'claude -p hello'] });
      const agent = claude.start(kernel, inner);
      kernel.exit(claude.call(kernel, agent, 'npm test'));
      for (const process of [agent, inner, outer]) kernel.exit(process);
    });
    const [session, ...others] = sessionsOf(spans);
    assert.deepEqual(others, []);
    assert.equal(spans.find(({ spanId }) => spanId === session?.parentSpanId)?.name, 'claude');
    assert.equal(session?.attributes['chaperone.agent.tool_calls.count'], 1);
  });

test('an agent that another one starts of its own, as it may start a server, is a run of its own with its own commands', () => {
  const spans = traceOf((kernel, shell) => {
    const outer = claude.start(kernel, shell);
    const inner = kernel.spawn(outer, codexProgram);
    kernel.exit(codex.call(kernel, inner, 'ls'));
    for (const process of [inner, outer]) kernel.exit(process);
  });
  assert.equal(spanNamed(spans, 'invoke_agent codex').attributes['chaperone.agent.tool_calls.count'], 1);
  assert.equal(spanNamed(spans, 'invoke_agent claude-code').attributes['chaperone.agent.tool_calls.count'], 0);
});

test('a search program of the agent, called in a command, is no second run of the agent', () => {
  const spans = traceOf((kernel, shell) => {
    for (const [agent, path] of [
      [claude, '/opt/lib/node_modules/@anthropic-ai/claude-code/bin/claude.exe'],
      [codex, '/opt/lib/node_modules/@openai/codex-linux-x64/vendor/x86_64-unknown-linux-musl/codex-path/rg'],
    ] as const) {
      const process = agent.start(kernel, shell);
      const call = agent.call(kernel, process, 'rg word');
      kernel.run(call, path, { argv: ['rg', 'word'] });
      for (const each of [call, process]) kernel.exit(each);
    }
  });
  assert.equal(sessionsOf(spans).length, 2);
});

test('job and step say which agents ran', () => {
  const spans = traceOf((kernel, shell) => {
    for (const agent of [codex, claude, codex]) kernel.exit(agent.start(kernel, shell));
  });
  const said = spans.flatMap(({ attributes }) => [attributes['chaperone.agent.names'] ?? []].flat());
  assert.deepEqual(said, ['claude-code', 'codex', 'claude-code', 'codex']);
});
