import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import type { HelloEvent } from '../decode/probe-events.ts';
import { watchAttributes } from '../files/watch-attributes.ts';
import type { FinishedSpan } from '../spans/finished-span.ts';
import { noPolicy } from '../spans/policy-view.ts';
import { tell } from './story.ts';
import { type Summary, summarize } from './summary.ts';
import { JobBuilder } from './testing/job.ts';
import { widthOf } from './text.ts';
import { drawWaterfall } from './waterfall.ts';

function summaryOf(spans: readonly FinishedSpan[], resource = {}): Summary {
  return summarize(tell(spans), { spans, resource, delivered: null, files: {} });
}

function draw(spans: readonly FinishedSpan[], width = 100, color = false): string {
  return drawWaterfall(spans, summaryOf(spans), { color, width });
}

function buildJob(): FinishedSpan[] {
  const at = new JobBuilder();
  const job = at.job('ci / build', 0, 40, { error: {} });
  const checkOut = at.step(job, 'Check out', 0, 4);
  const shell = at.process(checkOut, ['/bin/bash', '-e', '/tmp/0.sh'], 0, 4);
  const git = at.process(shell, ['/usr/bin/git', 'fetch', 'origin'], 1, 4);
  at.connection(git, 'github.com', 443, 2);
  const install = at.step(job, 'Install', 4, 24);
  const npm = at.process(at.process(install, ['bash', '-e', '/tmp/1.sh'], 4, 24), ['npm', 'ci'], 4, 24);
  at.connection(npm, 'npm.example.com', 443, 5, 88);
  at.folded(npm, 'node', 140, 5, 23);
  const tests = at.step(job, 'Test', 24, 40, { error: {} });
  const failing = at.process(tests, ['bash', '-e', '/tmp/2.sh'], 24, 40, {
    error: {},
    attributes: { 'process.exit.code': 2 },
  });
  at.process(failing, ['node', '--test', 'a b.ts'], 24, 40, { attributes: { 'process.exit.code': 1 } });
  return at.spans;
}

test('a job is drawn as a tree with bars, counts, hosts and failures', () => {
  assert.equal(
    draw(buildJob()),
    `
ci / build                 ▕█████████████████████████████████▏   40.0 s
├─ Check out               ▕███▍                             ▏   4.00 s  2 processes
│  └─ git fetch origin     ▕▐██▍                             ▏   3.00 s  → github.com:443
├─ Install                 ▕   ████████████████▉             ▏   20.0 s  142 processes
│  ├─ npm ci               ▕   ████████████████▉             ▏   20.0 s  → npm.example.com:443 (88×)
│  └─ ⋯ 140 more: node ×140
└─ Test                    ▕                   ▐█████████████▏   16.0 s  ✖ exit 2  2 processes
   └─ node --test 'a b.ts' ▕                   ▐█████████████▏   16.0 s  exit 1

✖ failure · 3 steps · 146 processes · 2 hosts · nothing lost
`.slice(1),
  );
});

test('where files are not watched unasked, the account says what is therefore not told, and how to ask', () => {
  const closing = (watch: Partial<HelloEvent>) => {
    const at = new JobBuilder();
    const hello = { armed: true, fileWatch: 'Auto', tier: 'tracepoint', watchesFiles: false, ...watch } as HelloEvent;
    at.step(at.job('ci', 0, 4, { attributes: watchAttributes(hello, noPolicy) }), 'Test', 0, 4);
    return draw(at.spans, 200).split('\n').at(-2) ?? '';
  };
  assert.match(
    closing({}),
    /^files not watched, nor reads of credentials: .*\/proc\/PID\/mem.*: ask for it with .*--files$/,
  );
  for (const watch of [{ watchesFiles: true }, { fileWatch: 'Never' as const }, { armed: false }])
    assert.match(closing(watch), /nothing lost$/);
});

test('two ports of one address are one host', () => {
  const at = new JobBuilder();
  const curl = at.process(at.step(at.job('job', 0, 2), 'step', 0, 2), ['curl'], 0, 1);
  at.connection(curl, '2001:db8::1', 80, 1);
  at.connection(curl, '2001:db8::1', 443, 1);
  assert.equal(summaryOf(at.spans).totals.hosts, 1);
});

test('no line is wider than the terminal, whatever the names are', () => {
  const names = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.string({ unit: 'grapheme', maxLength: 200 }),
  );
  fc.assert(
    fc.property(names, names, fc.integer({ min: 40, max: 200 }), (name, argument, width) => {
      const at = new JobBuilder();
      const step = at.step(at.job(name, 0, 2), argument, 0, 2);
      const process = at.process(step, [name, argument], 0, 1, { error: {} });
      at.connection(at.process(process, [argument, name], 0, 1), argument, 443, 1);
      for (const line of draw(at.spans, width).split('\n'))
        assert.ok(widthOf(line) <= width, `${widthOf(line)}: ${line}`);
    }),
  );
});

test('on a narrow terminal what finds no room beside its line stands below it, whole', () => {
  const told = buildJob();
  const wide = draw(told, 200).match(/→ \S+( \(88×\))?|exit \d|\d+ processes/g);
  for (const width of [40, 60, 80, 100]) {
    const drawn = draw(told, width);
    assert.deepEqual(drawn.match(/→ \S+( \(88×\))?|exit \d|\d+ processes/g), wide);
    assert.ok(drawn.split('\n').every((line) => widthOf(line) <= width));
  }
  assert.match(draw(told, 60), /\n├─ Install .* 20\.0 s\n│ {2}│ {2}142 processes\n│ {2}├─ npm ci /);
});

test('changes of files stand on their step, with those of its nested steps, and in the last line', () => {
  const at = new JobBuilder();
  const files = (told: Record<string, number>) =>
    Object.fromEntries(Object.entries(told).map(([name, count]) => [`chaperone.files.${name}`, count]));
  const totals = files({ 'operations.create': 2, 'operations.delete': 3, 'changes.count': 5, 'changes.workspace': 5 });
  const job = at.job('ci', 0, 4, { attributes: { 'chaperone.files.watched': 'yes', ...totals } });
  const outer = at.step(job, 'Pack', 0, 2, { attributes: files({ 'operations.create': 2, 'changes.count': 2 }) });
  at.step(outer, 'Clean', 1, 2, { attributes: files({ 'operations.delete': 3, 'changes.count': 3 }) });
  assert.match(draw(at.spans, 120), /Pack .* files: 3 deleted, 2 created\n.*Clean .* files: 3 deleted\n/);
  assert.match(draw(at.spans), / · 5 file changes · nothing lost/);
  const { fileChanges, jobs } = summaryOf(at.spans);
  assert.deepEqual(fileChanges, {
    total: 5,
    byOperation: { delete: 3, create: 2 },
    byPlace: { workspace: 5 },
    secretsRead: 0,
  });
  assert.deepEqual([jobs[0]?.steps[0]?.fileChanges, jobs[0]?.steps[0]?.steps[0]?.fileChanges], [5, 3]);
});

test('where nobody watched files none are counted, and where nobody saw anything nothing is', () => {
  const at = new JobBuilder();
  at.job('ci', 0, 1);
  assert.equal('fileChanges' in summaryOf(at.spans), false);
  const unseen = summaryOf(at.spans, { 'chaperone.sensor.armed': false });
  const drawn = drawWaterfall(at.spans, unseen, { color: false, width: 80 });
  assert.match(drawn, /\n✔ success · not observed: the sensor did not say why\n$/);
});

test('a command that was never executed is that, instead of a drawing', () => {
  const at = new JobBuilder();
  at.job('maek', 0, 0, { error: {}, attributes: { 'error.type': 'command_not_found' } });
  assert.equal(draw(at.spans), '✖ the command was not found · nothing ran · nothing lost\n');
  assert.equal(summaryOf(at.spans).reason, 'the command was not found');
});

test('a step whose processes found no room below it still says how many it had', () => {
  const at = new JobBuilder();
  const job = at.job('ci', 0, 2, { attributes: { 'chaperone.processes.count': 90, 'chaperone.connections.count': 7 } });
  const counts = { 'chaperone.processes.count': 80, 'chaperone.connections.count': 7 };
  const outer = at.step(job, 'Package', 0, 2, { attributes: { 'chaperone.processes.count': 10 } });
  at.step(outer, 'Compile', 0, 2, { attributes: counts });
  at.folded(job, 'cc', 90, 0, 2);
  const { jobs, totals } = summaryOf(at.spans);
  assert.deepEqual([jobs[0]?.steps[0]?.processes, jobs[0]?.steps[0]?.connections], [90, 7]);
  assert.deepEqual([totals.processes, totals.connections], [90, 7]);
  assert.match(draw(at.spans), /Package .* 90 processes\n.*Compile .* 80 processes\n/);
});

test('the summary leaves out what is not there', () => {
  const at = new JobBuilder();
  at.step(at.job('ci', 0, 1), 'step', 0, 1);
  const summary = summaryOf(at.spans);
  assert.deepEqual(Object.keys(summary), [
    'version',
    'traceId',
    'result',
    'jobs',
    'totals',
    'processes',
    'agents',
    'findings',
    'coverage',
    'files',
  ]);
  assert.doesNotMatch(JSON.stringify(summary), /null|""/);
  assert.equal(summaryOf(at.spans, { 'cicd.pipeline.name': 'CI' }).pipeline, 'CI');
});

test('docs/summary.md names every field', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/summary.md'), 'utf8');
  const { jobs, coverage, totals, ...rest } = summaryOf(buildJob());
  const [job] = jobs;
  const fields = [rest, job ?? {}, job?.steps[0] ?? {}, coverage, totals].flatMap(Object.keys);
  assert.ok(fields.length > 40);
  for (const field of fields) assert.match(page, new RegExp(`[\`.]${field}(\\[\\])?\``), field);
});

test('columns stand under each other for wide and right-to-left names too', () => {
  const at = new JobBuilder();
  const job = at.job('構建', 0, 2);
  for (const name of ['テスト', 'בדיקה', '🚀 go', 'plain']) at.step(job, name, 0, 2);
  const lines = draw(at.spans).split('\n').slice(0, 5);
  assert.equal(new Set(lines.map((line) => widthOf(line.slice(0, line.indexOf('▕'))))).size, 1);
});

test('colours are the only difference between the two looks', () => {
  const plain = draw(buildJob());
  const colored = draw(buildJob(), 100, true);
  assert.notEqual(colored, plain);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what is looked for
  assert.equal(colored.replace(/\x1b\[\d*m/g, ''), plain);
});

test('escape sequences of a job never reach the terminal', () => {
  const at = new JobBuilder();
  const step = at.step(at.job('\x1b]0;owned\x07', 0, 2), 'a\x1b[2Jb\nc', 0, 2);
  at.process(step, ['sh\x1b[31m', '\u202etxt'], 0, 1, { error: {}, attributes: { 'error.type': '\x1b[5m' } });
  assert.doesNotMatch(draw(at.spans).replaceAll('\n', ''), /[\p{Cc}\p{Cf}]/u);
});

test('steps of a composite action stand below it', () => {
  const at = new JobBuilder();
  const outer = at.step(at.job('ci', 0, 4), './.github/actions/report', 0, 4);
  at.process(at.step(outer, 'Collect', 0, 2), ['tar', 'c', 'reports'], 0, 2);
  at.process(at.step(outer, 'Upload', 2, 4), ['curl', 'http://127.0.0.1/'], 2, 4);
  assert.match(
    draw(at.spans),
    /└─ \.\/\.github\/actions\/report.*\n {3}├─ Collect.*\n {3}└─ Upload.*\n\n.* · 1 step · 2 processes/,
  );
});

test('of many processes the failed, the connected and the long ones get a line, the rest are counted', () => {
  const at = new JobBuilder();
  const shell = at.process(at.step(at.job('ci', 0, 100), 'Build', 0, 100), ['sh'], 0, 100);
  for (let index = 0; index < 300; index += 1) at.process(shell, ['cc', `${index}.c`], index / 4, index / 4 + 0.1);
  at.process(shell, ['ld'], 75, 99);
  at.process(shell, ['killed'], 80, 80.01, { error: {}, attributes: { 'error.type': 'SIGKILL' } });
  at.connection(at.process(shell, ['curl'], 80, 80.01), '192.0.2.1', 443, 80);
  const drawn = draw(at.spans);
  assert.match(drawn, /killed .* SIGKILL/);
  assert.match(drawn, /curl .* → 192\.0\.2\.1:443/);
  assert.match(drawn, /ld .* 24\.0 s/);
  assert.match(drawn, /⋯ 300 more: cc ×300/);
});

test('what caused a finding gets a line before all others, marked with how bad it is', () => {
  const at = new JobBuilder();
  const shell = at.process(at.step(at.job('ci', 0, 100), 'Build', 0, 100), ['sh'], 0, 100);
  for (let index = 0; index < 30; index += 1) at.connection(at.process(shell, ['cc'], 1, 99), '192.0.2.1', 443, 2);
  const culprit = at.process(shell, ['culprit'], 5, 5.01);
  for (const severity of ['Low', 'High'])
    at.other(culprit, 'finding x', 5, {
      attributes: { 'security_rule.name': 'x', 'chaperone.finding.severity': severity },
    });
  assert.match(draw(at.spans), /culprit .* ▲ High$/m);
});

test('connections that failed are told apart, by the name that was asked for', () => {
  const at = new JobBuilder();
  const curl = at.process(at.step(at.job('ci', 0, 2), 'Fetch', 0, 2), ['sh'], 0, 2);
  at.connection(curl, 'github.com', 443, 0, 1, { outcome: 'established' });
  at.connection(curl, '192.0.2.1', 443, 1, 2, { outcome: 'timed_out' });
  assert.match(draw(at.spans, 160), /Fetch .* → github\.com:443 {2}→ 192\.0\.2\.1:443 timed out \(2×\)/);
});

test('names that could not be looked up, and failures among many connections, are told', () => {
  const at = new JobBuilder();
  const curl = at.process(at.step(at.job('ci', 0, 2), 'Fetch', 0, 2), ['sh'], 0, 2);
  at.connection(curl, 'github.com', 443, 0, 88, { attributes: { 'chaperone.connections.failed.count': 2 } });
  at.lookup(curl, 'registry.internal', 1, 'NXDOMAIN');
  at.lookup(curl, 'example.com', 1, 'NOERROR');
  assert.match(
    draw(at.spans, 200),
    /→ github\.com:443 \(88×, 2 failed\) {2}DNS example\.com {2}DNS registry\.internal NXDOMAIN$/m,
  );
});

test('of processes that one signal ended together the outermost is told', () => {
  const at = new JobBuilder();
  const killed = { error: {}, attributes: { 'error.type': 'SIGTERM' } };
  const shell = at.process(at.step(at.job('ci', 0, 9), 'Serve', 0, 9), ['sh'], 0, 9);
  at.process(at.process(at.process(shell, ['env'], 0, 8, killed), ['bash'], 0, 8, killed), ['python3'], 0, 8, killed);
  for (let index = 0; index < 9; index += 1) at.process(shell, ['true'], 8, 8.01);
  const drawn = draw(at.spans);
  assert.match(drawn, /env .* SIGTERM/);
  assert.match(drawn, /⋯ 11 more: true ×9, bash, python3/);
});

test('losses are said instead of "nothing lost"', () => {
  const at = new JobBuilder();
  at.job('ci', 0, 1, { attributes: { 'chaperone.coverage.complete': false, 'chaperone.coverage.lost.exec': 12 } });
  assert.match(draw(at.spans), /12 events lost$/m);
  assert.doesNotMatch(draw(at.spans), /nothing lost/);
});

test("another program's trace is drawn, and nothing is claimed of its coverage", () => {
  const at = new JobBuilder();
  const span = at.process(at.job('gone', 0, 2), ['query'], 0, 1);
  const inner = { ...span, spanId: 'f'.repeat(16), name: 'inner', parentSpanId: span.spanId, end: span.start + 1n };
  const foreign = [span, inner].map((one) => ({ ...one, attributes: {} }));
  assert.match(draw(foreign), /└─ query .*\n.*inner .*\n\nresult unknown · .* · coverage not recorded/);
});

test('a sensor that did not load is said with its reason', () => {
  const at = new JobBuilder();
  at.job('ci', 0, 1);
  const summary = summaryOf(at.spans, { 'chaperone.sensor.armed': false, 'chaperone.sensor.reason': 'not root' });
  assert.match(drawWaterfall(at.spans, summary, { color: false, width: 80 }), /not observed: not root/);
  assert.equal(summary.coverage.complete, false);
});

test('spans without their job, with parents in a ring, or of no length are drawn all the same', () => {
  const at = new JobBuilder();
  const step = at.step(at.job('gone', 0, 1), 'Orphan', 0, 0);
  const first = at.process(step, ['first'], 0, 1);
  const second = at.process(first, ['second'], 0, 1);
  const third = at.process(second, ['third'], 0, 1);
  const ring = [step, first, second, { ...third, spanId: 'f'.repeat(16), parentSpanId: 'e'.repeat(16) }];
  const spans = [...ring, { ...third, name: 'ring', spanId: 'e'.repeat(16), parentSpanId: 'f'.repeat(16) }];
  assert.equal(summaryOf(spans).processes.total, 4);
  assert.match(draw(spans), /Orphan/);
});

test('any parents at all come to an end, and every process is counted once', () => {
  const parents = fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(parents, (links) => {
      const at = new JobBuilder();
      const job = at.job('ci', 0, 1);
      const spans = at.processesUnder(job, links);
      assert.equal(summaryOf([job, ...spans]).processes.total, links.length);
      draw([job, ...spans]);
    }),
  );
});

test('a forged trace of 30,000 nested steps, or of as many rings, is drawn and counted all the same', () => {
  const at = new JobBuilder();
  const job = at.job('ci', 0, 1);
  const step = at.step(job, 'step', 0, 1);
  const id = (index: number) => index.toString(16).padStart(16, 'a');
  const chain = Array.from({ length: 30_000 }, (_, index) => ({
    ...step,
    spanId: id(index),
    parentSpanId: index === 0 ? job.spanId : id(index - 1),
  }));
  const process = at.process(job, ['ring'], 0, 1);
  const rings = chain.map((_, index) => ({ ...process, spanId: id(index), parentSpanId: id(index ^ 1) }));
  assert.match(draw([job, ...chain]), /└─ step/);
  assert.equal(summaryOf([job, ...rings]).processes.total, 30_000);
});

test('a summary counts what was folded one by one, and names agree with the total', () => {
  const at = new JobBuilder();
  const shell = at.process(at.step(at.job('loop', 0, 2), 'loop', 0, 2), ['sh', '-c', 'loop'], 0, 2);
  at.process(shell, ['/bin/true'], 0, 1);
  at.folded(shell, 'true', 1999, 0, 2);
  const { processes, totals, jobs, result } = summaryOf(at.spans);
  assert.deepEqual(processes, { total: 2001, byExecutable: { true: 2000, sh: 1 } });
  assert.deepEqual(
    [totals.processes, jobs[0]?.steps[0]?.processes, jobs[0]?.steps[0]?.exitCode, result],
    [2001, 2001, 0, 'success'],
  );
});
