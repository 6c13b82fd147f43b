import type { Session, Turn } from './script.ts';

const files = {
  'README.md': '# Words\nOne two three.\n',
  'greet.sh': 'echo "hello"\n',
  'build.sh': `for unit in 1 2 3 4 5 6 7 8; do
  echo "compiling unit $unit"
  sh -c 'sleep 0.5' # a compiler
done
echo "built 8 units"
`,
};

const page = `it's a “line” of 日本語\n`.repeat(300);

/** What every agent is asked to play, each in a workspace of its own. */
export const sessions: Session[] = [
  session('read-files', [
    { calls: [{ tool: 'read', path: 'README.md', says: 'One two three.' }] },
    { calls: [{ tool: 'read', path: 'greet.sh', says: 'hello' }] },
  ]),
  session('edit-files', [
    { calls: [{ tool: 'read', path: 'greet.sh', says: 'hello' }] },
    { calls: [{ tool: 'edit', path: 'greet.sh', from: 'echo "hello"', to: 'echo "goodbye"' }] },
    { calls: [{ tool: 'write', path: 'new.txt', content: 'new\n' }] },
    { calls: [{ tool: 'shell', command: 'sh greet.sh; cat new.txt', says: 'goodbye' }] },
  ]),
  session('run-command', [{ calls: [{ tool: 'shell', command: 'sh greet.sh | tr a-z A-Z', says: 'HELLO' }] }]),
  // Longer than what the kernel tells of arguments at once.
  session('long-command', [
    { calls: [{ tool: 'shell', command: `sh greet.sh; cat >page <<'EOF'\n${page}EOF\nwc -l <page`, says: '300' }] },
    { calls: [{ tool: 'shell', command: 'echo next', says: 'next' }] },
  ]),
  session('long-build', [{ calls: [{ tool: 'long-shell', command: 'sh build.sh', says: 'built 8 units' }] }]),
  session('parallel-calls', [
    {
      calls: [
        { tool: 'shell', command: 'sleep 1; echo first', says: 'first' },
        { tool: 'shell', command: 'sleep 1; echo second', says: 'second' },
        { tool: 'read', path: 'README.md', says: 'One two three.' },
      ],
    },
  ]),
  session('sub-agent', [
    {
      calls: [
        {
          tool: 'task',
          prompt: 'Look at the greeting of session sub-agent.',
          turns: [{ calls: [{ tool: 'shell', command: 'echo from the part; sh greet.sh', says: 'from the part' }] }],
        },
      ],
    },
    { calls: [{ tool: 'shell', command: 'echo after the part', says: 'after the part' }] },
  ]),
  {
    ...session('mcp-server', [
      { calls: [{ tool: 'mcp', name: 'count', input: { path: 'README.md' }, says: '5 README.md' }] },
    ]),
    mcp: true,
  },
  // What an agent runs besides, and not for its model.
  {
    ...session('hooks', [
      { calls: [{ tool: 'shell', command: 'grep -o tool_name hooked; sh greet.sh', says: 'tool_name' }] },
    ]),
    hooks: true,
  },
  // Started by the shell itself, out of the tool's sight; it outlives the call, and where the agent lets it, the session.
  session('background-process', [
    {
      calls: [
        { tool: 'shell', command: 'nohup sleep 400 >/dev/null 2>&1 & echo "$!" >pid; echo started', says: 'started' },
      ],
    },
    { calls: [{ tool: 'shell', command: 'xargs kill -0 <pid && echo it runs', says: 'it runs' }] },
  ]),
  session('background-tool', [
    {
      calls: [{ tool: 'background-shell', command: 'touch began; until [ -e stop ]; do sleep 0.1; done; touch ended' }],
    },
    {
      calls: [
        {
          tool: 'shell',
          command:
            'until [ -e began ]; do sleep 0.1; done; touch stop; until [ -e ended ]; do sleep 0.1; done; echo beside',
          says: 'beside',
        },
      ],
    },
  ]),
  session('failing-command', [
    { calls: [{ tool: 'shell', command: 'echo broken >&2; exit 3', says: 'broken' }] },
    { calls: [{ tool: 'shell', command: 'echo went on', says: 'went on' }] },
  ]),
  session('lasting-shell', [
    { calls: [{ tool: 'lasting-shell', lines: ['greeting=kept', 'echo "it is $greeting"'], says: 'it is kept' }] },
  ]),
  { ...session('dropped', [{ calls: [{ tool: 'shell', command: 'echo before', says: 'before' }] }]), end: 'dropped' },
  // The test kills the agent while the command runs.
  session('killed', [{ calls: [{ tool: 'shell', command: 'touch running; sleep 400' }] }]),
];

function session(name: string, turns: Turn[]): Session {
  return { name, prompt: `Play session ${name}.`, files, turns };
}
