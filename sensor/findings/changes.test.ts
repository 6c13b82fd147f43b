import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FakeKernel, FakeProcess } from '../lineage/testing/fake-kernel.ts';
import { foundIn, JobOfSteps, workspace } from './testing/told-findings.ts';

const create = { operation: 'create' } as const;

/** The program writes the files below the workspace, or where they say. */
function write(kernel: FakeKernel, by: FakeProcess, program: string, ...files: string[]): void {
  const writer = kernel.spawn(by, program, { argv: [program] });
  for (const file of files) kernel.file(writer, file.startsWith('/') ? file : `${workspace}/${file}`, create);
  kernel.exit(writer);
}

test('a hook that a manager of hooks installs is a Low finding, and one that names itself so in .git/config is not', () => {
  const found = foundIn((kernel, shell) => {
    const cwd = `${workspace}/node_modules/simple-git-hooks`;
    const node = kernel.spawn(shell, '/usr/bin/node', { argv: ['node', 'postinstall.js'], cwd });
    for (const path of ['.git/hooks/pre-commit', '.git/config']) kernel.file(node, `${workspace}/${path}`);
  });
  assert.deepEqual(found, [
    `Low hook-changed ${workspace}/.git/hooks/pre-commit`,
    `Medium hook-changed ${workspace}/.git/config`,
  ]);
});

test('workflows, hooks and settings of agents that a step changes are found', () => {
  const cases: Readonly<Record<string, string>> = {
    '.github/workflows/shai-hulud.yml': 'High workflow-changed',
    '.gitlab-ci.yml': 'High workflow-changed',
    '.git/hooks/pre-commit': 'Medium hook-changed',
    '.husky/pre-commit': 'Medium hook-changed',
    '.git/config': 'Medium hook-changed',
    '.claude/settings.json': 'High agent-settings-changed',
    'packages/web/.mcp.json': 'High agent-settings-changed',
    '.vscode/settings.json': 'High agent-settings-changed',
    'opencode.json': 'High agent-settings-changed',
    '.codex/config.toml': 'High agent-settings-changed',
    'AGENTS.md': 'Medium agent-settings-changed',
    '.github/copilot-instructions.md': 'Medium agent-settings-changed',
    '/github/home/.claude/settings.json': 'High agent-settings-changed',
    '/root/.claude/settings.json': 'High agent-settings-changed',
  };
  for (const [file, found] of Object.entries(cases)) {
    const path = file.startsWith('/') ? file : `${workspace}/${file}`;
    assert.deepEqual(
      foundIn((kernel, shell) => write(kernel, shell, '/usr/bin/python3', file)),
      [`${found} ${path}`],
    );
  }
});

test('a file that is moved to its place, deleted or linked is changed there', () => {
  const path = `${workspace}/.github/workflows/ci.yml`;
  const found = foundIn((kernel, shell) => {
    kernel.file(shell, '/tmp/x', { operation: 'rename', path2: path });
    kernel.file(shell, path, { operation: 'delete' });
  });
  assert.deepEqual(found, [`High workflow-changed ${path}`, `Low workflow-changed ${path}`]);
});

test('a clone that is deleted is a Low finding or two, however many files and settings it held', () => {
  const files = ['a.c', 'b.c', '.git/HEAD', '.claude/settings.json'].map((file) => `${workspace}/clone/${file}`);
  const found = foundIn((kernel, shell) => {
    const git = kernel.spawn(shell, '/usr/bin/git');
    for (const file of files) kernel.file(git, file, create);
    const rm = kernel.spawn(shell, '/usr/bin/rm');
    for (const file of files) kernel.file(rm, file, { operation: 'delete' });
  });
  assert.deepEqual(found, [`Low source-changed ${files[0]}`, `Low agent-settings-changed ${files[3]}`]);
});

test('a folder of workflows, hooks or settings that is put into place is changed as a whole', () => {
  const put = (folder: string, operation: 'rename' | 'symlink' | 'mkdir') =>
    foundIn((kernel, shell) => {
      const path2 = `${workspace}/${folder}`;
      kernel.file(shell, operation === 'rename' ? '/tmp/x' : path2, { operation, path2 });
    });
  assert.deepEqual(put('.github', 'rename'), [`High workflow-changed ${workspace}/.github`]);
  assert.deepEqual(put('.git/hooks', 'symlink'), [`Medium hook-changed ${workspace}/.git/hooks`]);
  assert.deepEqual(put('web/.claude', 'rename'), [`High agent-settings-changed ${workspace}/web/.claude`]);
  for (const folder of ['.github', '.claude', '.vscode']) assert.deepEqual(put(folder, 'mkdir'), [], folder);
});

test('a file that is exchanged, moved away or given a second name is changed, too', () => {
  const path = `${workspace}/.github/workflows/ci.yml`;
  const found = (operation: 'exchange' | 'rename' | 'link', from: string, to: string, by = '/usr/bin/mv') =>
    foundIn((kernel, shell) => kernel.file(kernel.spawn(shell, by), from, { operation, path2: to }));
  assert.deepEqual(found('exchange', path, '/tmp/x'), [`High workflow-changed ${path}`]);
  assert.deepEqual(found('rename', path, '/tmp/x'), [`High workflow-changed ${path}`]);
  assert.deepEqual(found('link', '/tmp/x', path), [`High workflow-changed ${path}`]);
  assert.deepEqual(found('rename', path, '/tmp/x', '/usr/bin/git'), []);
  assert.deepEqual(found('rename', `${workspace}/a.yml`, '/tmp/x'), []);
});

test('settings and instructions of agents that fewer people use are found as well', () => {
  const found = foundIn((kernel, shell) =>
    write(
      kernel,
      shell,
      '/usr/bin/tee',
      ...['.roo/mcp.json', '.kiro/settings/mcp.json', '.cursor/cli.json', '.agents/skills/x/SKILL.md'],
      ...['.clinerules', '.windsurf/rules/x.md', '.github/instructions/x.instructions.md', '.aider.conf.yml'],
    ),
  );
  assert.deepEqual(found.map(severityOf), [...Array(4).fill('High'), ...Array(4).fill('Medium')]);
});

test('an agent that keeps its own state and instructions gives no finding above Low', () => {
  const found = foundIn((kernel, shell) => {
    const agent = claude(kernel, shell);
    for (const path of ['/root/.claude.json', '/root/.claude/settings.json']) kernel.file(agent, path, create);
    for (const path of ['AGENTS.md', '.opencode/package.json']) kernel.file(agent, `${workspace}/${path}`, create);
    kernel.exit(agent);
  });
  assert.deepEqual([found.length, ...new Set(found.map(severityOf))], [3, 'Low']);
});

test('an agent that changes the settings in the workspace itself is found, one of its commands more so', () => {
  const found = foundIn((kernel, shell) => {
    const agent = claude(kernel, shell);
    for (const path of ['.claude/settings.json', '.mcp.json', '.vscode/settings.json', '.gemini/settings.json'])
      kernel.file(agent, `${workspace}/${path}`, create);
    write(kernel, agent, '/bin/sh', '.claude/settings.local.json');
    kernel.exit(agent);
  });
  assert.deepEqual(found.map(severityOf), ['Medium', 'Medium', 'Medium', 'Medium', 'High']);
});

function claude(kernel: FakeKernel, shell: FakeProcess): FakeProcess {
  const script = '/usr/lib/node_modules/@anthropic-ai/claude-code/cli.js';
  return kernel.spawn(shell, '/usr/bin/node', { argv: ['node', script] });
}

function severityOf(found: string): string {
  return found.split(' ')[0] ?? '';
}

test('a file that git wrote and something else changes is found, Medium below an installation', () => {
  const found = foundIn((kernel, shell) => {
    write(kernel, shell, '/usr/bin/git', 'src/index.js', 'package-lock.json', 'src/other.js');
    write(kernel, shell, '/usr/bin/sed', 'src/index.js');
    const npm = kernel.spawn(shell, '/usr/bin/node', {
      argv: ['node', '/usr/lib/node_modules/npm/bin/npm-cli.js', 'ci'],
    });
    write(kernel, npm, '/bin/sh', 'src/other.js', 'package-lock.json');
    kernel.exit(npm);
  });
  assert.deepEqual(found, [
    `Low source-changed ${workspace}/src/index.js`,
    `Medium source-changed ${workspace}/src/other.js`,
    `Low source-changed ${workspace}/package-lock.json`,
  ]);
});

test('a program of the job is no version control, whatever it is called', () => {
  const found = foundIn((kernel, shell) => write(kernel, shell, `${workspace}/bin/git`, '.git/hooks/pre-push'));
  assert.deepEqual(found, [`Medium hook-changed ${workspace}/.git/hooks/pre-push`]);
});

test('a checkout, npm ci and a build change nothing that is found above Low', () => {
  const found = foundIn((kernel, shell) => {
    const checkedOut = [
      '.git/hooks/pre-commit.sample',
      '.git/config',
      '.github/workflows/ci.yml',
      'CLAUDE.md',
      'src/a.c',
    ];
    write(kernel, shell, '/usr/bin/git', ...checkedOut);
    const inPackages = [
      'node_modules/x/.github/workflows/ci.yml',
      'node_modules/x/.vscode/settings.json',
      'node_modules/x/AGENTS.md',
    ];
    write(
      kernel,
      shell,
      '/usr/bin/node',
      ...inPackages,
      'node_modules/.package-lock.json',
      '.npm/x.json',
      'dist/CLAUDE.md',
    );
    write(kernel, shell, '/usr/bin/cc1', '/tmp/cc.s', 'build/a.o', 'src/a.o');
    write(kernel, shell, '/usr/bin/git', 'src/a.c', '.git/index.lock');
    write(kernel, shell, '/usr/bin/tee', 'README.md', 'docs/settings.json', '/root/.cache/x.json');
  });
  assert.deepEqual(found, []);
});

test('of a checkout that is too large the rest is counted as forgotten', () => {
  const files = Array.from({ length: 8_200 }, (_, index) => `src/${index}.js`);
  const { spans } = new JobOfSteps().step((kernel, shell) => write(kernel, shell, '/usr/bin/git', ...files)).end();
  assert.equal(spans.at(-1)?.attributes['chaperone.coverage.findings.forgotten'], 8);
});
