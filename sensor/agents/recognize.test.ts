import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { PolicyImageAgent } from '../../crds/policy-image.ts';
import { ProcessTable } from '../lineage/process-table.ts';
import { FakeKernel } from '../lineage/testing/fake-kernel.ts';
import { declaredAgents } from './declared-agents.ts';
import { recognize } from './recognize.ts';

const node = '/usr/local/bin/node';
const modules = '/opt/lib/node_modules';
const codex = '@openai/codex-linux-x64/vendor/x86_64-unknown-linux-musl';
const copilotTemp = '/home/runner/work/_temp';
const sandbox = '--codex-run-as-process-setup';

/** What is executed: a file's path, or argv with its path before it. */
type Executed = string | readonly [path: string, ...argv: string[]];

/** `declared`: by a policy. */
function recognized(executed: Executed, cwd = '/work', declared: readonly PolicyImageAgent[] = []): string | null {
  const [path = '', ...argv] = typeof executed === 'string' ? [executed] : executed;
  const kernel = new FakeKernel();
  const words = argv.length === 0 ? [path] : argv;
  const event = kernel.exec(kernel.fork(kernel.process()), words[0] ?? path, { path, argv: words, cwd });
  const found = recognize(new ProcessTable().exec(event), declaredAgents(declared));
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
  [`${modules}/@github/copilot-linuxmusl-x64/copilot`, 'copilot'],
  [`${modules}/@github/copilot/node_modules/@github/copilot-linux-x64/copilot`, 'copilot'],
  [
    [
      `${copilotTemp}/ghcca-node/node/bin/node`,
      'node',
      '--enable-source-maps',
      `${copilotTemp}/1a2b-runtime/dist/index.js`,
    ],
    'copilot',
  ],
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
  [node, 'node', `${modules}/@github/copilot/npm-loader.js`],
  [`${copilotTemp}/ghcca-node/node/bin/node`, 'node', '/work/dist/index.js'],
  [node, 'node', `${copilotTemp}/x/dist/index.js`],
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

const house: PolicyImageAgent = {
  name: 'house-agent',
  match: {
    paths: ['/opt/house/*/bin/agent', '/usr/bin/a.b'],
    scripts: ['/opt/house/main.py', '/opt/house/agent.sh'],
    packages: ['@house/agent'],
  },
};

for (const executed of [
  '/opt/house/1.2/bin/agent',
  '/usr/bin/a.b',
  ['/usr/bin/python3.13', 'python3', '-u', '/opt/house/main.py', '--fast'],
  ['/usr/bin/python3.13', 'python3', 'main.py'],
  [node, 'node', `${modules}/@house/agent/any/file.mjs`],
  `${modules}/@house/agent-linux-arm64/agent`,
] as const)
  test(`${[executed].flat().join(' ')} is what the policy declares`, () => {
    assert.equal(recognized(executed, '/opt/house', [house]), 'house-agent by policy');
    assert.equal(recognized(executed, '/opt/house'), null);
  });

for (const executed of [
  '/opt/house/1.2/3/bin/agent',
  '/opt/house/1.2/bin/agents',
  '/tmp/opt/house/1/bin/agent',
  '/usr/bin/axb',
  ['/usr/bin/python3.13', 'python3', '-m', 'pytest', '/opt/house/main.py'],
  ['/usr/bin/cat', 'cat', '/opt/house/main.py'],
  [node, 'node', `${modules}/@house/agent-tools/index.js`],
] as const)
  test(`${[executed].flat().join(' ')} is not what the policy declares`, () => {
    assert.equal(recognized(executed, '/opt/house', [house]), null);
  });

test('a star stands for any characters but a slash, and everything else for itself', () => {
  const part = fc.stringMatching(/^[a-z.+()[\]^$|?{}-]{1,6}$/);
  const paths = fc.array(fc.tuple(part, part), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(paths, part, (parts, between) => {
      const pattern = parts.map(([head, tail]) => `/${head}*${tail}`).join('');
      const path = parts.map(([head, tail]) => `/${head}${between}${tail}`).join('');
      const declared = [{ name: 'house', match: { paths: [pattern] } }];
      assert.equal(recognized(path, '/', declared), 'house by policy');
      for (const other of [`${path}/x`, `/x${path}`, path.replace('/', '/\n/'), `${path}\0`.slice(1)])
        assert.equal(recognized(other, '/', declared), null);
    }),
  );
});

// An expression that goes back never ends on these.
test('paths with many stars are told from others', () => {
  const declared = [
    { name: 'house', match: { paths: [`/${'*a'.repeat(100)}*b`], scripts: [`/${'*a'.repeat(100)}*b`] } },
  ];
  const path = `/${'a'.repeat(4_000)}`;
  assert.equal(recognized([path, 'a'], '/', declared), null);
  assert.equal(recognized([node, 'node', path], '/', declared), null);
  assert.equal(recognized(`${path}b`, '/', declared), 'house by policy');
});

test('an agent that is known is declared where else it lies, and works as it does', () => {
  const declared = [{ name: 'opencode', match: { paths: ['/usr/local/bin/opencode'] } }];
  assert.equal(recognized('/usr/local/bin/opencode', '/', declared), 'opencode by policy');
  assert.equal(declaredAgents(declared)[0]?.provider, 'opencode');
});
