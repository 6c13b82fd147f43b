import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { stepNumber } from '../export/testing/spans.ts';
import { writeTraceFile } from '../export/trace-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'chaperone-cli-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

function chaperone(args: readonly string[], input = '') {
  const program = join(import.meta.dirname, '..', 'cli.ts');
  return spawnSync(process.execPath, [program, ...args], { encoding: 'utf8', input, cwd: folder });
}

for (const args of [['--help'], ['-h'], ['run', '--help'], ['report', '-h'], ['doctor', '--help']]) {
  test(`${args.join(' ')} is on standard output, with examples, and no line is wider than 120`, () => {
    const { status, stdout, stderr } = chaperone(args);
    assert.deepEqual([status, stderr], [0, '']);
    assert.match(stdout, /^Usage: chaperone /);
    assert.match(stdout, /\nExamples:\n/);
    assert.match(stdout, /\nExit status: /);
    assert.ok(stdout.split('\n').every((line) => line.length <= 120));
  });
}

const wrongUses: [string[], RegExp][] = [
  [[], /Name a command: run, report or doctor/],
  [['fly'], /There is no command 'fly'/],
  [['constructor'], /There is no command 'constructor'/],
  [['\x1b[31m'], /There is no command '\\x1b\[31m'/],
  [['--verbose'], /There is no command '--verbose'/],
  [['run'], /Name a command after --/],
  [['run', '--frob', '--', 'true'], /Unknown option '--frob'/],
  [['report'], /Name at least one FILE/],
  [['report', '--frob'], /Unknown option '--frob'/],
  [['report', '--html', '', 'trace.json'], /--html needs the name of a file/],
  [['report', '--html', 'out.html', '--json', 'trace.json'], /Choose --json or --html/],
  [['report', 'missing.json'], /missing\.json cannot be read/],
  [['report', '.'], /\. is a folder; give the file in it: trace\.otlp\.json/],
  [['report', ''], /Name at least one FILE/],
  [['report', 'garbage.json', 'garbage.json'], /Name each FILE once/],
  [['report', '--html', './garbage.json', 'garbage.json'], /--html would write over garbage\.json; name another file/],
  [['report', '--html', 'a', '--html', 'b', 'garbage.json'], /Give --html only once/],
  [['report', 'garbage.json'], /garbage\.json holds no trace/],
  [['doctor', 'now'], /Unexpected argument 'now'/],
];

for (const [args, message] of wrongUses) {
  test(`wrong use is one sentence and status 2: chaperone ${args.map((word) => JSON.stringify(word)).join(' ')}`, () => {
    writeFileSync(join(folder, 'garbage.json'), '\x00\x1b{"resourceSpans": 1}\n[[[');
    const { status, stdout, stderr } = chaperone(args);
    assert.deepEqual([status, stdout], [2, '']);
    assert.match(stderr, message);
    assert.match(stderr, /^chaperone: [^\n]+\n$/);
  });
}

test('with too few open files it says so, before Node could end without a word', () => {
  const script = 'ulimit -n 20; exec "$0" run -- echo ran';
  const program = join(import.meta.dirname, '..', '..', 'bin', 'chaperone');
  const { status, stdout, stderr } = spawnSync('sh', ['-c', script, program], { encoding: 'utf8', cwd: folder });
  assert.deepEqual([status, stdout], [3, '']);
  assert.match(stderr, /^chaperone: this shell allows no more than 20 open files, .+ulimit -n 1024\n$/);
});

test('report draws a recorded trace, from a file and from standard input', async () => {
  const path = join(folder, 'trace.otlp.json');
  await writeTraceFile(path, [{ attributes: { 'cicd.pipeline.name': 'CI' }, spans: [stepNumber(1)] }]);
  const { status, stdout } = chaperone(['report', path]);
  assert.equal(status, 0);
  assert.match(stdout, /^CI \/ job .*\n└─ step 1 /);
  const line = {
    resourceSpans: [
      {
        scopeSpans: [
          {
            spans: [
              {
                traceId: 'a'.repeat(32),
                spanId: 'b'.repeat(16),
                name: 'piped',
                startTimeUnixNano: '1',
                endTimeUnixNano: '2',
              },
            ],
          },
        ],
      },
    ],
  };
  assert.match(chaperone(['report', '-'], JSON.stringify(line)).stdout, /piped/);
});

test('report --json gives the figures, one line a trace', async () => {
  const path = join(folder, 'two.otlp.json');
  const other = { ...stepNumber(2), traceId: 'f'.repeat(32) };
  await writeTraceFile(path, [{ attributes: {}, spans: [stepNumber(1), other] }]);
  const lines = chaperone(['report', '--json', path]).stdout.trimEnd().split('\n');
  assert.deepEqual(
    lines.map((line) => JSON.parse(line).totals.steps),
    [1, 1],
  );
});

test('report --html makes one page of the traces in all files', async () => {
  const files = ['first.otlp.json', 'second.otlp.json'].map((name) => join(folder, name));
  for (const [index, path] of files.entries())
    await writeTraceFile(path, [{ attributes: {}, spans: [stepNumber(index + 1)] }]);
  const { status, stdout, stderr } = chaperone(['report', '--html', 'report.html', ...files]);
  assert.deepEqual([status, stdout, stderr], [0, '', 'report   report.html\n']);
  const page = readFileSync(join(folder, 'report.html'), 'utf8');
  assert.match(page, /^<!doctype html>.*"step 1".*"step 2"/s);
});

test('a page that cannot be written is our failure, said with the name', async () => {
  const path = join(folder, 'trace.otlp.json');
  await writeTraceFile(path, [{ attributes: {}, spans: [stepNumber(1)] }]);
  const { status, stderr } = chaperone(['report', '--html', 'no/such/report.html', path]);
  assert.equal(status, 3);
  assert.match(stderr, /no\/such\/report\.html could not be written; name another file \(ENOENT/);
});

test('doctor answers in JSON, and its status says whether the sensor works', () => {
  const { status, stdout } = chaperone(['doctor', '--json']);
  const { works, checks } = JSON.parse(stdout);
  assert.equal(status, works ? 0 : 1);
  assert.equal(
    works,
    checks.every(({ ok }: { ok: boolean }) => ok),
  );
  for (const { ok, change } of checks) assert.ok(ok || change !== '');
  const files = checks.find(({ name }: { name: string }) => name === 'watches files');
  if (works) assert.match(files.found, /unless told not to|only where asked to/);
});
