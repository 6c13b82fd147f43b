import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isAtLeast } from '../../crds/finding.ts';
import { makeRepository, type Ran, real, run, runAct } from '../commands/testing/local-run.ts';

const files = {
  'src/main.c': '#include <stdio.h>\nint main(void) { puts("hello"); return 0; }\n',
  Makefile: 'all: build/main\nbuild/main: src/main.c\n\tmkdir -p build\n\tcc -o $@ $<\n',
  'package.json':
    '{"name":"web","version":"1.0.0","private":true,"dependencies":{"left":"file:left"},"scripts":{"build":"node build.js"}}',
  'left/package.json': '{"name":"left","version":"1.0.0","scripts":{"install":"node -e 0"}}',
  'build.js': "require('fs').writeFileSync('out.js', 'built'); require('child_process').execSync('true');",
  'CLAUDE.md': 'Be kind.\n',
  '.github/workflows/ci.yml': `
on: push
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - {name: Look around, run: "ps aux > /dev/null; env > /dev/null; id; cat /proc/self/environ > /dev/null"}
      - {name: Build, run: "make && ./build/main"}
      - {name: Script, run: "perl -e 'system(q(true))'"}
      - {name: Serve, run: "node -e \\"require('http').createServer((q, r) => r.end()).listen(0, '127.0.0.1', function () { require('http').get({ host: '127.0.0.1', port: this.address().port }, () => process.exit()) })\\""}
`,
};

/** Everyday work with git, npm and make, without a network. */
const work = `set -e
git clone -q . ../copy-$$ && cd ../copy-$$
git config user.name Octo && git config user.email octo@example.com
npm install --silent --offline --no-audit --no-fund && npm ci --silent --offline --no-audit --no-fund && npm run --silent build
make --silent && ./build/main
echo more >> left/README.md && git add -A left && git commit -qm More && git checkout -q -b topic && git checkout -q -
git stash -q || true; git status --short > /dev/null; git gc -q
tar -cf - src | tar -tf - > /dev/null; find . -name '*.c' | xargs cat | sort | uniq -c > /dev/null
(sleep 0.1 & wait)
`;

function worse({ summary }: Ran): string[] {
  return summary.findings
    .filter(({ severity }) => isAtLeast(severity, 'Medium'))
    .map(({ severity, text }) => `${severity}: ${text}`);
}

test('the good days give no finding above Low', real, async (context) => {
  const workspace = makeRepository('good-days', files);
  const commands = await run(['--files', '--', 'sh', '-c', work], { cwd: workspace });
  const workflow = await runAct(workspace);
  assert.deepEqual([commands.status, workflow.status], [0, 0], commands.stderr + workflow.stderr);
  assert.deepEqual([...worse(commands), ...worse(workflow)], []);
  for (const { summary } of [commands, workflow])
    context.diagnostic(
      `${summary.totals.processes} processes, findings: ${summary.findings.map(({ rule }) => rule).join(', ') || 'none'}`,
    );
});
