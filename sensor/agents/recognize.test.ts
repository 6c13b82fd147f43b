import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ProcessTable } from '../lineage/process-table.ts';
import { FakeKernel } from '../lineage/testing/fake-kernel.ts';
import { recognize } from './recognize.ts';

const node = '/usr/local/bin/node';
const modules = '/opt/lib/node_modules';
const codex = '@openai/codex-linux-x64/vendor/x86_64-unknown-linux-musl';
const sandbox = '--codex-run-as-process-setup';

/** What is executed: a file's path, or argv with its path before it. */
type Executed = string | readonly [path: string, ...argv: string[]];

function recognized(executed: Executed, cwd = '/work'): string | null {
  const [path = '', ...argv] = typeof executed === 'string' ? [executed] : executed;
  const kernel = new FakeKernel();
  const words = argv.length === 0 ? [path] : argv;
  const event = kernel.exec(kernel.fork(kernel.process()), words[0] ?? path, { path, argv: words, cwd });
  const found = recognize(new ProcessTable().exec(event));
  return found === null ? null : `${found.agent.name} by ${found.evidence ?? 'name'}`;
}

const programs: readonly (readonly [Executed, string])[] = [
  [`${modules}/@anthropic-ai/claude-code/bin/claude.exe`, 'claude-code'],
  [`${modules}/@anthropic-ai/claude-code-linux-x64/claude`, 'claude-code'],
  ['/home/runner/.local/share/claude/versions/2.1.330', 'claude-code'],
  [[node, 'node', `${modules}/@anthropic-ai/claude-code/cli.js`, '-p', 'hello'], 'claude-code'],
  ['/home/runner/.npm/_npx/0a1b/node_modules/@anthropic-ai/claude-code/bin/claude.exe', 'claude-code'],
  ['/work/node_modules/@anthropic-ai/claude-agent-sdk-linux-x64/claude', 'claude-code'],
  [`${modules}/${codex}/bin/codex`, 'codex'],
  [`${modules}/@openai/codex/node_modules/${codex}/bin/codex`, 'codex'],
  [`/work/node_modules/.pnpm/@openai+codex@0.169.0/node_modules/${codex}/bin/codex`, 'codex'],
  [[node, 'node', '--max-old-space-size=9', `${modules}/@google/gemini-cli/bundle/gemini.js`], 'gemini-cli'],
  [[node, 'node', '-r', './hook.js', 'node_modules/@google/gemini-cli/bundle/gemini.js'], 'gemini-cli'],
  [['/usr/bin/bun', 'bun', 'run', `${modules}/@google/gemini-cli/bundle/gemini.js`], 'gemini-cli'],
  [`${modules}/opencode-ai/bin/opencode.exe`, 'opencode'],
  ['/home/runner/.opencode/bin/opencode', 'opencode'],
];

for (const [executed, agent] of programs)
  test(`${[executed].flat().join(' ')} is ${agent} by its program`, () => {
    assert.equal(recognized(executed), `${agent} by program`);
  });

test('a script within its package is found from there too', () => {
  const executed = [node, 'node', 'bundle/gemini.js'] as const;
  assert.equal(recognized(executed, `${modules}/@google/gemini-cli`), 'gemini-cli by program');
});

for (const executed of [
  '/usr/local/bin/codex',
  [node, 'node', '/usr/local/bin/gemini', '--yolo'],
  [node, 'node', '/work/tools/claude'],
] as const)
  test(`${[executed].flat().join(' ')} is known by its name alone`, () => {
    assert.match(String(recognized(executed)), / by name$/);
  });

const others: readonly Executed[] = [
  // What comes with an agent and is none, among it the search programs that agents offer to their commands.
  `${modules}/${codex}/codex-path/rg`,
  `${modules}/${codex}/bin/codex-code-mode-host`,
  `${modules}/${codex}/codex-resources/bwrap`,
  [`${modules}/@anthropic-ai/claude-code/bin/claude.exe`, 'rg', '--files'],
  [`${modules}/@anthropic-ai/claude-code/bin/claude.exe`, '/usr/bin/ugrep', 'word'],
  [`${modules}/${codex}/bin/codex`, '/proc/self/exe', sandbox],
  [`${modules}/${codex}/bin/codex`, 'codex-linux-sandbox', '--sandbox-policy-cwd', '/work'],
  [`${modules}/${codex}/bin/codex`, '/tmp/x/apply_patch'],
  // Packages whose names begin alike.
  [node, 'node', `${modules}/@openai/codex-sdk/dist/index.js`],
  [node, 'node', `${modules}/@openai/codex-responses-api-proxy/bin/codex`],
  `${modules}/@openai/codex-responses-api-proxy/vendor/x/bin/codex-responses-api-proxy`,
  [node, 'node', `${modules}/@google/gemini-cli-core/bundle/gemini.js`],
  // Wrappers, and programs that only speak of agents.
  [node, 'node', '/usr/local/bin/npx', '-y', '@anthropic-ai/claude-code'],
  [node, 'npm', 'exec', '@openai/codex'],
  ['/usr/bin/bun', 'bunx', '@google/gemini-cli'],
  [node, 'node', `${modules}/@openai/codex/bin/codex.js`],
  ['/usr/bin/sudo', 'sudo', '-u', 'codex', '--', 'codex', 'exec'],
  ['/usr/bin/bash', '/work/scripts/claude'],
  ['/usr/bin/vim', 'vim', '/work/gemini'],
  ['/usr/bin/python3.13', 'python3', '/work/gemini'],
];

for (const executed of others)
  test(`${[executed].flat().join(' ')} is no agent`, () => {
    assert.equal(recognized(executed), null);
  });

test('nothing in arguments or folder makes an agent of a program that is none', () => {
  const word = fc.constantFrom(
    'claude',
    'codex',
    'gemini',
    '-p',
    '/usr/local/bin/claude',
    `${modules}/opencode-ai/bin/opencode`,
    '',
  );
  fc.assert(
    fc.property(
      fc.constantFrom('/usr/bin/bash', '/usr/bin/curl', '/work/rg'),
      fc.array(word),
      word,
      (path, argv, cwd) => {
        assert.equal(recognized([path, ...argv], cwd), null);
      },
    ),
  );
});
