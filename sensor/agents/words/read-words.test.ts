import assert from 'node:assert/strict';
import { test } from 'node:test';
import fastCheck from 'fast-check';
import { dialects } from './dialects.ts';
import { readWords } from './read-words.ts';
import type { ToldCall, Word } from './word.ts';

interface Sample {
  readonly agent: string;
  readonly body: object;
  readonly call: Partial<ToldCall>;
}

const ids = { traceId: '5e22f709f6889a02f18c249fb4ce06a7', spanId: '12efb8938536394e' };
const times = { startTimeUnixNano: '1795397849000000000', endTimeUnixNano: '1795397849500000000' };

function attributes(values: Record<string, string | boolean>) {
  return Object.entries(values).map(([key, value]) => ({
    key,
    value: typeof value === 'string' ? { stringValue: value } : { boolValue: value },
  }));
}

function spans(...list: { name: string; values: Record<string, string | boolean> }[]) {
  const written = list.map(({ name, values }) => ({ ...ids, ...times, name, attributes: attributes(values) }));
  return { resourceSpans: [{ resource: {}, scopeSpans: [{ scope: {}, spans: written }] }] };
}

/** What each agent sent for one shell call, as far as it is read. */
const samples: readonly Sample[] = [
  {
    agent: 'claude-code',
    body: spans(
      { name: 'claude_code.tool.execution', values: { tool_use_id: 'toolu_1', success: true } },
      {
        name: 'claude_code.tool',
        values: { tool_name: 'Bash', tool_use_id: 'toolu_1', full_command: 'make', agent_id: 'a1' },
      },
    ),
    call: { id: 'toolu_1', tool: 'Bash', command: 'make', succeeded: true, exitCode: 0, subAgent: 'a1', span: ids },
  },
  {
    agent: 'codex',
    body: {
      resourceLogs: [
        {
          scopeLogs: [
            {
              logRecords: [
                {
                  ...ids,
                  timeUnixNano: '0',
                  attributes: attributes({
                    'event.name': 'codex.tool_result',
                    'event.timestamp': '2026-11-23T01:37:29.500Z',
                    duration_ms: '500',
                    tool_name: 'exec_command',
                    call_id: 'exec-1',
                    agent_name: '/root',
                    arguments: '{"cmd":"make","yield_time_ms":30000}',
                    output: 'Chunk ID: c7abd7\nWall time: 0.0000 seconds\nProcess exited with code 2\n',
                    success: 'true',
                  }),
                },
              ],
            },
          ],
        },
      ],
    },
    call: { id: 'exec-1', tool: 'exec_command', command: 'make', exitCode: 2, subAgent: null, span: ids },
  },
  {
    agent: 'gemini-cli',
    body: spans({
      name: 'tool_call',
      values: {
        'gen_ai.tool.name': 'run_shell_command',
        'gen_ai.tool.call_id': 'run_shell_command__1',
        'gen_ai.input.messages': '{"args":{"command":"make"}}',
      },
    }),
    call: { id: 'run_shell_command__1', tool: 'run_shell_command', command: 'make', exitCode: null, span: ids },
  },
  {
    agent: 'opencode',
    body: spans({
      name: 'ai.toolCall',
      values: {
        'ai.toolCall.name': 'bash',
        'ai.toolCall.id': 'call_1',
        'ai.toolCall.args': '{"command":"make"}',
        'ai.toolCall.result': '{"metadata":{"exit":2}}',
      },
    }),
    call: { id: 'call_1', tool: 'bash', command: 'make', exitCode: 2, span: ids },
  },
];

test('of a command in JSON that was cut, the beginning is read', () => {
  const command = `printf "a\\n\u0001"; cat <<E\n${'x'.repeat(20)}`;
  const whole = JSON.stringify({ args: { command } });
  for (let length = whole.indexOf('printf'); length <= whole.length; length += 1) {
    const values = { 'gen_ai.tool.name': 'run_shell_command', 'gen_ai.input.messages': whole.slice(0, length) };
    const [word] = read('gemini-cli', Buffer.from(JSON.stringify(spans({ name: 'tool_call', values })))) ?? [];
    const told = word?.kind === 'call' ? word.command : null;
    if (length < whole.length - 2) assert.ok(told !== null && command.startsWith(told), whole.slice(0, length));
    if (length === whole.length - 3 || length === whole.length) assert.equal(told, command);
  }
});

test('Gemini CLI tells a shell with a text, and what it runs of that is the text', () => {
  for (const [asked, ran] of [
    [`bash -c 'sh greet.sh'`, 'sh greet.sh'],
    [`/bin/sh -c "echo \\"hi\\" \${HOME}"`, 'echo "hi" $HOME'],
    [`bash -c 'a' && b`, `'a' && b`],
    ['bash -lc make', 'bash -lc make'],
  ] as const) {
    const values = {
      'gen_ai.tool.name': 'run_shell_command',
      'gen_ai.input.messages': JSON.stringify({ args: { command: asked } }),
    };
    const [word] = read('gemini-cli', Buffer.from(JSON.stringify(spans({ name: 'tool_call', values })))) ?? [];
    assert.equal(word?.kind === 'call' && word.command, ran);
  }
});

function read(agent: string, body: Buffer): Word[] | null {
  const dialect = dialects.get(agent);
  assert.ok(dialect);
  return readWords(body, dialect.signal, dialect);
}

for (const { agent, body, call } of samples)
  test(`a shell call is read in the way that ${agent} tells of it`, () => {
    const [word, ...others] = read(agent, Buffer.from(JSON.stringify(body))) ?? [];
    assert.deepEqual(others, []);
    const start = 1795397849000000000n;
    const expected = { kind: 'call', isShell: true, start, end: start + 500_000_000n, ...call };
    assert.deepEqual({ ...word, ...expected }, word);
  });

test('whatever a body holds, what is read of it is bounded and fits', () => {
  const json = fastCheck.json({ maxDepth: 6 });
  const bodies = samples.map(({ body }) => JSON.stringify(body));
  const broken = fastCheck
    .tuple(fastCheck.constantFrom(...bodies), fastCheck.nat(), fastCheck.string({ maxLength: 40 }))
    .map(([body, at, text]) => body.slice(0, at % body.length) + text + body.slice((at % body.length) + 1));
  const agents = fastCheck.constantFrom(...dialects.keys());
  fastCheck.assert(
    fastCheck.property(agents, fastCheck.oneof(json, broken, fastCheck.string()), (agent, text) => {
      const calls = (read(agent, Buffer.from(text)) ?? []).filter((word) => word.kind === 'call');
      for (const { id, tool, command, start, end } of calls) {
        assert.ok(id.length <= 128 && tool.length <= 128 && (command?.length ?? 0) <= 4096);
        assert.ok(start >= 0n && end < 10n ** 19n);
      }
    }),
    { numRuns: 1_000 },
  );
});

test('names that every object has are no fields, and one request gives no more words than are kept', () => {
  assert.deepEqual(read('codex', Buffer.from('{"__proto__":{"resourceLogs":[{}]},"constructor":[]}')), []);
  const [sample] = samples;
  const many = spans(
    ...Array.from({ length: 5_000 }, () => ({ name: 'claude_code.tool', values: { tool_name: 'Read' } })),
  );
  assert.equal(read(sample?.agent ?? '', Buffer.from(JSON.stringify(many)))?.length, 1_024);
});
