import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Stream } from '../decode/process-events.ts';
import { FakeKernel, type FakeProcess } from '../lineage/testing/fake-kernel.ts';
import { childrenOf, replay, spanNamed } from '../lineage/testing/recording.ts';
import type { FinishedSpan } from '../spans/finished-span.ts';
import { agentProcesses, startServer } from './testing/agent-processes.ts';

type Play = (kernel: FakeKernel, agent: FakeProcess) => void;

/** A run of an agent in which `play` happens. */
function traceOf(play: Play, agent = agentProcesses[0]): readonly FinishedSpan[] {
  const kernel = new FakeKernel();
  const shell = kernel.spawn(kernel.process(), '/usr/bin/sh');
  const process = agent?.start(kernel, shell) ?? shell;
  play(kernel, process);
  kernel.exit(process);
  kernel.exit(shell);
  return replay(kernel, { engine: 'generic' }).spans;
}

function serversIn(spans: readonly FinishedSpan[]): FinishedSpan[] {
  return spans.filter(({ name }) => name.startsWith('mcp_server'));
}

function live(kernel: FakeKernel, process: FakeProcess): void {
  kernel.now += 400_000_000n;
  kernel.exit(process, 0, 15);
}

for (const agent of agentProcesses)
  test(`a server that ${agent.name} speaks to is a span of the run, with what it does below it`, () => {
    const spans = traceOf((kernel, process) => {
      const server = startServer(kernel, process);
      const helper = kernel.spawn(server, '/usr/bin/wc');
      kernel.connect(helper, '192.0.2.7', 443);
      kernel.exit(helper);
      kernel.exit(agent.call(kernel, process, 'ls'));
      live(kernel, server);
    }, agent);
    const server = spanNamed(spans, 'mcp_server words');
    assert.equal(server.parentSpanId, spanNamed(spans, `invoke_agent ${agent.name}`).spanId);
    assert.deepEqual(server.attributes['chaperone.agent.hosts'], ['192.0.2.7']);
    assert.equal(server.attributes['chaperone.processes.count'], 2);
    assert.deepEqual(
      childrenOf(spans, server).map(({ name }) => name),
      ['node'],
    );
    assert.equal(spans.filter(({ name }) => name.startsWith('execute_tool')).length, 1);
  });

const streams: Record<string, { stdin: Stream; stdout: Stream }> = {
  both: { stdin: { kind: 'pipe', file: 1 }, stdout: { kind: 'pipe', file: 2 } },
  output: { stdin: { kind: 'device', file: 3 }, stdout: { kind: 'pipe', file: 2 } },
};

const business: readonly (readonly [string, Play])[] = [
  ['what is asked and answers', (kernel, agent) => kernel.exit(startServer(kernel, agent))],
  ['git, however long', (kernel, agent) => live(kernel, kernel.spawn(agent, '/usr/bin/git', streams.both))],
  ['what it only listens to', (kernel, agent) => live(kernel, kernel.spawn(agent, '/usr/bin/tail', streams.output))],
  [
    'a hook, which is a shell with a command',
    (kernel, agent) =>
      live(kernel, kernel.spawn(agent, '/bin/sh', { argv: ['sh', '-c', 'node hook.js'], ...streams.both })),
  ],
  [
    'a language server',
    (kernel, agent) => live(kernel, startServer(kernel, agent, ['typescript-language-server', '--stdio'])),
  ],
  [
    'what a command pipes into another',
    (kernel, agent) => {
      const call = agentProcesses[0]?.call(kernel, agent, 'cat | sort') ?? agent;
      live(kernel, kernel.spawn(call, '/usr/bin/sort', streams.both));
      kernel.exit(call);
    },
  ],
];

for (const [what, play] of business)
  test(`${what} is no server`, () => {
    assert.deepEqual(serversIn(traceOf(play)), []);
  });

for (const [argv, name] of [
  [['node', '/opt/words.ts'], 'words'],
  [
    ['node', '/opt/node_modules/@modelcontextprotocol/server-files/dist/index.js', '/work'],
    '@modelcontextprotocol/server-files',
  ],
  [['node', '/usr/local/bin/npx', '-y', '@scope/server@1.2.0', '--port', '1'], '@scope/server@1.2.0'],
  [['npm', 'exec', '@scope/server'], '@scope/server'],
  [['npx', '--offline', '--prefix', '/opt/tools', '--', 'words-server'], 'words-server'],
  [['npx', '-y', '-p', '@scope/server', 'words-server'], '@scope/server'],
  [['npx', '--package=@scope/server', 'words-server'], '@scope/server'],
  [['uvx', '--python', '3.12', '--from', 'words==1.2', 'words-server'], 'words==1.2'],
  [['node', '-e', 'serve()', 'words'], 'node'],
  [['uvx', 'mcp-server-git'], 'mcp-server-git'],
  [['python3', 'server.py'], 'server'],
  [['github-mcp-server', 'stdio'], 'github-mcp-server'],
] as const)
  test(`${argv.join(' ')} is called ${name}`, () => {
    const spans = traceOf((kernel, agent) => live(kernel, startServer(kernel, agent, [...argv])));
    assert.deepEqual(
      serversIn(spans).map((span) => span.name),
      [`mcp_server ${name}`],
    );
  });

test('what a wrapper becomes gives the name, and stands below the one span', () => {
  const spans = traceOf((kernel, agent) => {
    const server = startServer(kernel, agent, ['env', 'KEY=1', 'words-server']);
    kernel.exec(server, '/usr/bin/words-server');
    live(kernel, server);
  });
  const [server, ...others] = serversIn(spans);
  assert.equal(server?.name, 'mcp_server words-server');
  assert.deepEqual(others, []);
});

test('whatever streams a tool call has, it is a tool call', () => {
  const kind = fc.constantFrom<Stream['kind']>('pipe', 'unix', 'device', 'file');
  fc.assert(
    fc.property(fc.constantFrom(...agentProcesses), kind, kind, (agent, stdin, stdout) => {
      const spans = traceOf((kernel, process) => {
        const call = agent.call(kernel, process, 'ls');
        for (const event of kernel.events)
          if (event.kind === 'exec' && event.pid === call.pid)
            Object.assign(event, { stdin: { kind: stdin, file: 1 }, stdout: { kind: stdout, file: 2 } });
        live(kernel, call);
      }, agent);
      assert.deepEqual(serversIn(spans), []);
      assert.equal(spans.filter(({ name }) => name.startsWith('execute_tool')).length, 1);
    }),
    { numRuns: 40 },
  );
});
