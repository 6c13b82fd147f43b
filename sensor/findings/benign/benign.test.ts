import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Finding, isAtLeast } from '../../../crds/finding.ts';
import {
  chaperone,
  folder,
  makeRepository,
  type Ran,
  real,
  run,
  runActSeen,
} from '../../commands/testing/local-run.ts';
import { days, workflow } from './days.ts';
import { makeWorld, type World } from './network.ts';
import { writeRegistry } from './packages.ts';

const world = join(folder, 'world');
const home = join(folder, 'home');
const bin = join(import.meta.dirname, '../../../node_modules/.bin');
/** Newer ones run no scripts of packages unless they are told to. */
const npm = { NPM_OPTIONS: '--no-audit --no-fund --dangerously-allow-all-scripts' };
const environment = {
  PATH: process.env.PATH,
  HOME: home,
  WORLD: world,
  BIN: bin,
  CI: 'true',
  GOCACHE: join(homedir(), '.cache/go-build'),
  ...npm,
};
let lock: string;
let network: World;

before(async () => {
  lock = writeRegistry(join(world, 'registry'));
  write(join(world, 'releases'), { 'tool.js': '#!/usr/bin/env node\n', 'list.json': '[]' });
  copyFileSync(join(world, 'registry/prebuilt-1.0.0.tgz'), join(world, 'releases/tools.tgz'));
  mkdirSync(join(world, 'git'));
  write(home, {
    '.npmrc': 'registry=http://registry.example.com/\n//registry.example.com/:_authToken=x\n',
    '.gitconfig': '[user]\nname = Octo\nemail = octo@example.com\n[credential]\nhelper = store\n',
    '.git-credentials': 'http://octo:x@git.example.com\n',
    '.netrc': 'machine releases.example.com login octo password x\n',
  });
  network = await makeWorld(world);
});
after(async () => await network[Symbol.asyncDispose]());

function write(into: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(into, path)), { recursive: true });
    writeFileSync(join(into, path), text);
  }
}

test('the good days give no finding above Low', real, async (context) => {
  const found: Finding[] = [];
  let processes = 0;
  const judge = ({ status, stderr, stdout, summary }: Ran) => {
    assert.equal(status, 0, stderr + stdout);
    processes += summary.totals.processes;
    found.push(...summary.findings);
    const worse = summary.findings.filter(({ severity }) => isAtLeast(severity, 'Medium'));
    assert.deepEqual(
      worse.map(({ severity, text }) => `${severity}: ${text}`),
      [],
    );
  };
  for (const { name, files, script } of days)
    await context.test(name, async () => {
      const cwd = makeRepository(`day-${days.findIndex((day) => day.name === name)}`, {
        ...files,
        'package-lock.json': lock,
      });
      judge(
        await run(['--files', '--', 'sh', '-ec', script], { cwd, env: environment }, [
          ...network.enter(cwd),
          chaperone,
        ]),
      );
    });
  await context.test('a workflow of act', async () =>
    judge(await runActSeen(['--files'], makeRepository('act', workflow))),
  );
  context.diagnostic(`${days.length + 1} good days, ${processes} processes; ${countsOf(found)}`);
});

/** `left-running Low 2, source-changed Low 3`. */
function countsOf(findings: readonly Finding[]): string {
  const counts = new Map<string, number>();
  for (const { rule, severity } of findings) {
    const kind = `${rule} ${severity}`;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return (
    [...counts]
      .map(([kind, count]) => `${kind} ${count}`)
      .sort()
      .join(', ') || 'no finding'
  );
}
