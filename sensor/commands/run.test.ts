import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, lstatSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { filesUnwatchedReason, filesWatched } from '../../crds/attributes.ts';
import { classOf } from '../export/span-class.ts';
import { spanNames, startCollector } from '../export/testing/collector.ts';
import type { ReportData } from '../report/html/model/report-data.ts';
import { ownCgroup } from './local-cgroup.ts';
import { chaperone, folder, makeRepository, ofClass, real, run, runAct } from './testing/local-run.ts';

test('accounts for each of 2,000 processes, in the trace as in the summary', real, async () => {
  const { status, spans, summary, stderr } = await run(['--', 'sh', '-c', 'for i in $(seq 2000); do /bin/true; done']);
  const counts = spans
    .filter(({ name }) => name === 'true')
    .map(({ attributes }) => Number(attributes['aggregation.span_count'] ?? 1));
  assert.equal(
    counts.reduce((sum, count) => sum + count, 0),
    2000,
  );
  assert.equal(summary.processes.byExecutable.true, 2000);
  assert.deepEqual([status, summary.coverage.complete, summary.coverage.lost.total], [0, true, 0]);
  assert.match(stderr, /✔ success · 1 step · 2,002 processes · no connections · nothing lost/);
});

test('report.html is written beside the trace, with every span of it', real, async () => {
  const { spans, summary } = await run(['--', 'sh', '-c', '/bin/true; exit 0']);
  const page = readFileSync(summary.files.report ?? '', 'utf8');
  const [, json = ''] = /<script type="application\/json" id="traces">(.*?)<\/script>/s.exec(page) ?? [];
  const [trace] = JSON.parse(json) as ReportData[];
  assert.deepEqual(trace?.nodes.map(({ kind }) => kind).sort(), spans.map(classOf).sort());
});

test("COMMAND's output and status are its own", real, async () => {
  const { status, stdout, stderr, summary } = await run(['--', 'sh', '-c', 'echo out; echo err >&2; exit 41']);
  assert.deepEqual([status, stdout, summary.result, summary.jobs[0]?.steps[0]?.exitCode], [41, 'out\n', 'failure', 41]);
  assert.match(stderr, /^err\n/);
  assert.match(stderr, /✖ exit 41/);
});

test('a signal ends COMMAND, not its record', real, async () => {
  const { status, summary, stderr } = await run(['--', 'sh', '-c', 'kill -KILL $$']);
  assert.deepEqual([status, summary.result], [137, 'failure']);
  assert.match(stderr, /✖ SIGKILL/);
});

test('SIGTERM to the command line reaches COMMAND, and the trace is written all the same', real, async () => {
  const script = 'trap "exit 9" TERM; kill -TERM $PPID; for i in $(seq 600); do sleep 0.05; done';
  const { status, summary } = await run(['--quiet', '--', 'sh', '-c', script]);
  assert.deepEqual([status, summary.result], [9, 'failure']);
});

test('where no folder can be made that is said, and the command runs all the same, with its own status', () => {
  const args = ['run', '--out', '/proc/no/such', '--', 'sh', '-c', 'echo ran; exit 5'];
  const { status, stdout, stderr } = spawnSync(chaperone, args, { encoding: 'utf8', timeout: 60_000 });
  assert.deepEqual([status, stdout], [5, 'ran\n']);
  assert.match(
    stderr,
    /^chaperone: nothing will be written, since \/proc\/no cannot be made \(ENOENT: .*\); name another folder with --out\n/,
  );
  assert.doesNotMatch(stderr, /could not be written|^(trace|report|summary) /m);
});

const places: [out: string, says: RegExp][] = [
  ['/etc/passwd', /since \/etc\/passwd is a file and no folder; name another/],
  ['/etc/passwd/out', /since \/etc\/passwd is a file and no folder; name another/],
  ['/proc/self/fd', /since \/proc\/self\/fd takes no files \(.*\); name another/],
];
for (const [out, says] of places) {
  test(`what cannot be the folder is said before the command runs: --out ${out}`, () => {
    const args = ['run', '--quiet', '--out', out, '--', 'sh', '-c', 'echo ran >&2; exit 5'];
    const { status, stderr } = spawnSync(chaperone, args, { encoding: 'utf8', timeout: 60_000 });
    assert.equal(status, 5);
    assert.match(stderr, says);
    assert.match(stderr, /--out\n(chaperone: .*\n)?ran\n$/);
  });
}

test(
  'links and pipes that COMMAND puts in place of the files are replaced, neither followed nor waited for',
  real,
  () => {
    const out = mkdtempSync(join(folder, 'traps-'));
    const script = `cd ${out}; echo kept > victim; ln -s victim trace.otlp.json; ln -s victim report.html; mkfifo summary.json`;
    const options = { encoding: 'utf8', timeout: 60_000 } as const;
    const { status } = spawnSync(chaperone, ['run', '--out', out, '--', 'sh', '-c', script], options);
    assert.deepEqual([status, readFileSync(join(out, 'victim'), 'utf8')], [0, 'kept\n']);
    for (const name of readdirSync(out)) assert.ok(lstatSync(join(out, name)).isFile(), name);
  },
);

test('a COMMAND that cleans up takes the folder for the files with it, and they are written all the same', real, () => {
  const out = mkdtempSync(join(folder, 'cleaned-'));
  const args = ['run', '--out', out, '--', 'rm', '-r', out];
  const { status, stderr } = spawnSync(chaperone, args, { encoding: 'utf8', timeout: 60_000 });
  assert.deepEqual([status, readdirSync(out).sort()], [0, ['report.html', 'summary.json', 'trace.otlp.json']]);
  assert.match(stderr, /nothing lost/);
});

test("a parent of the folder that COMMAND replaces by a link leads nobody into the link's folder", real, () => {
  const top = mkdtempSync(join(folder, 'swapped-'));
  const script = `cd ${top}; mkdir victim; mv parent moved; ln -s victim parent; mkdir victim/out`;
  const args = ['run', '--out', join(top, 'parent', 'out'), '--', 'sh', '-c', script];
  const { status, stderr } = spawnSync(chaperone, args, { encoding: 'utf8', timeout: 60_000 });
  const written = ['report.html', 'summary.json', 'trace.otlp.json'];
  assert.deepEqual([status, readdirSync(join(top, 'victim', 'out'))], [0, []]);
  assert.deepEqual(readdirSync(join(top, 'moved', 'out')).sort(), written);
  assert.match(stderr, /^trace +.*\/moved\/out\/trace\.otlp\.json$/m);
});

test('a folder that COMMAND removes and replaces by a link is not made again behind the link', real, () => {
  const top = mkdtempSync(join(folder, 'removed-'));
  const script = `cd ${top}; mkdir victim; rmdir out; ln -s victim out`;
  const args = ['run', '--quiet', '--out', join(top, 'out'), '--', 'sh', '-c', script];
  const { status, stderr } = spawnSync(chaperone, args, { encoding: 'utf8', timeout: 60_000 });
  assert.deepEqual([status, readdirSync(join(top, 'victim'))], [0, []]);
  assert.match(stderr, /^chaperone: the folder .*\/out is gone, so nothing is written: ENOTDIR: /);
});

test('from a folder that was deleted meanwhile the command runs all the same, with its own status', real, () => {
  const out = mkdtempSync(join(folder, 'deleted-'));
  const script = `cd "$(mktemp -d)"; rmdir "$PWD"; exec "$0" run --out ${out} -- sh -c 'exit 6'`;
  const { status } = spawnSync('sh', ['-c', script, chaperone], { encoding: 'utf8', timeout: 60_000 });
  assert.deepEqual([status, existsSync(join(out, 'trace.otlp.json'))], [6, true]);
});

test('a full disk takes the files, not the drawing and not the status', real, () => {
  const out = join(folder, 'full');
  const script = `mkdir ${out}; mount -t tmpfs -o size=4k none ${out}; "$0" run --out ${out} -- sh -c 'exit 6'`;
  const { status, stderr } = spawnSync('unshare', ['-m', 'sh', '-c', script, chaperone], { encoding: 'utf8' });
  assert.equal(status, 6);
  assert.match(stderr, /trace\.otlp\.json could not be written: .*ENOSPC/);
  assert.match(stderr, /report\.html could not be written: .*ENOSPC/);
  assert.match(stderr, /✖ failure · 1 step/);
  assert.doesNotMatch(stderr, /^trace /m);
});

test('what the endpoint did not take is said, also when nothing is drawn', real, async () => {
  const { status, stderr } = await run(['--quiet', '--otlp', 'http://127.0.0.1:9', '--', 'true']);
  assert.equal(status, 0);
  assert.match(stderr, /^chaperone: 3 spans not delivered: .*ECONNREFUSED/);
});

test('a command that leaves its cgroup is not said to be seen whole', real, async () => {
  const { status, summary, stderr } = await run([
    '--',
    'sh',
    '-c',
    `echo 0 > ${ownCgroup()}/cgroup.procs; /bin/true; exit 5`,
  ]);
  assert.deepEqual([status, summary.coverage.left, summary.coverage.complete], [5, 1, false]);
  assert.match(stderr, /1 process left the observed cgroup/);
});

test('--quiet draws nothing', real, async () => {
  const { stderr } = await run(['--quiet', '--', 'true']);
  assert.equal(stderr, '');
});

const notExecuted: [string, number, RegExp, string][] = [
  ['no-such-command', 127, /^chaperone: no-such-command: command not found\n/, 'command_not_found'],
  ['/no/where', 127, /^chaperone: \/no\/where cannot be executed: No such file/, 'command_not_found'],
  ['/etc/passwd', 126, /^chaperone: \/etc\/passwd cannot be executed: Permission denied\n/, 'command_not_executable'],
];

for (const [command, expected, message, errorType] of notExecuted) {
  test(`what cannot be executed is said plainly, with the status of a shell: ${command}`, real, async () => {
    const { status, stderr, summary, spans } = await run(['--', command]);
    assert.deepEqual([status, summary.result], [expected, 'failure']);
    assert.match(stderr, message);
    assert.match(stderr, /\n✖ the command (was not found|cannot be executed) · nothing ran · nothing lost\n/);
    assert.doesNotMatch(stderr, /\n +at /);
    assert.deepEqual(
      spans.map(({ attributes }) => attributes['error.type']),
      [errorType],
    );
  });
}

test('where act is not installed it is said how to get it, also when nothing is drawn', real, async () => {
  const env = { ...process.env, PATH: '/usr/bin:/bin' };
  const { status, stderr } = await run(['--quiet', '--', 'act', 'push'], { env });
  assert.equal(status, 127);
  const [, installer = ''] =
    /^chaperone: act: command not found\nchaperone: to install act and run it: .*"\$\((\S+) --path\)"/.exec(stderr) ??
    [];
  assert.ok(existsSync(installer), stderr);
});

test('a command that itself ends with 127 was executed', real, async () => {
  const { status, summary } = await run(['--', 'sh', '-c', 'exit 127']);
  assert.deepEqual([status, summary.reason, summary.totals.steps], [127, undefined, 1]);
});

test('connections are told with the process that made them, IPv4 and IPv6', real, async () => {
  const script = "for (const host of ['127.0.0.1', '::1']) require('net').connect(9, host).on('error', () => {})";
  const { spans, summary } = await run(['--', process.execPath, '-e', script]);
  const node = ofClass(spans, 'process').find(({ name }) => name === 'node');
  const connections = ofClass(spans, 'connection').filter(({ parentSpanId }) => parentSpanId === node?.spanId);
  assert.deepEqual(connections.map(({ attributes }) => attributes['server.address']).sort(), ['127.0.0.1', '::1']);
  assert.equal(summary.totals.hosts, 2);
});

test('a change of user is told on the process that made it, and counted on the step', real, async () => {
  const { spans } = await run(['--', 'su', 'nobody', '-s', '/bin/sh', '-c', 'true']);
  const changes = spans.flatMap((span) => span.events.map((event) => ({ span, event })));
  const change = changes.find(({ event }) => event.attributes['chaperone.privilege.effective_user.before'] === 0);
  assert.deepEqual([change?.span.name, change?.event.name], ['su', 'chaperone.privilege.change']);
  assert.equal(ofClass(spans, 'step')[0]?.attributes['chaperone.privilege.changes.count'], changes.length);
  assert.ok(Number(ofClass(spans, 'job')[0]?.attributes['chaperone.memory.peak']) > 0);
});

test('a process left behind goes on, is said, and no cgroup stays', real, async () => {
  const { pid, stdout, stderr } = await run(['--', 'sh', '-c', 'sleep 300 >/dev/null 2>&1 & echo $!']);
  process.kill(Number(stdout), 'SIGKILL');
  assert.match(stderr, /1 process that the command started still runs/);
  assert.ok(!readdirSync(ownCgroup()).includes(`chaperone-run-${pid}`));
});

test('TRACEPARENT makes the job part of that trace; a forged one does not', real, async () => {
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  const env = (traceparent: string) => ({ env: { ...process.env, TRACEPARENT: traceparent } });
  const joined = await run(['--', 'true'], env(`00-${traceId}-b7ad6b7169203331-01`));
  assert.deepEqual(
    [joined.summary.traceId, ofClass(joined.spans, 'job')[0]?.parentSpanId],
    [traceId, 'b7ad6b7169203331'],
  );
  const forged = await run(['--quiet', '--', 'true'], env(`00-${'0'.repeat(32)}-b7ad6b7169203331-01`));
  assert.equal(ofClass(forged.spans, 'job')[0]?.parentSpanId, null);
  assert.match(forged.stderr, /^chaperone: TRACEPARENT is ignored, .*\n$/);
});

test('secrets on the command line do not reach the trace', real, async () => {
  const { spans } = await run(['--', 'sh', '-c', ': --token hunter2', 'sh', '--password=hunter2', 'API_KEY=hunter2']);
  assert.doesNotMatch(
    JSON.stringify(spans, (_, value) => (typeof value === 'bigint' ? String(value) : value)),
    /hunter2/,
  );
});

test('the same trace is sent to an OTLP endpoint', real, async () => {
  await using collector = await startCollector([{ status: 503 }]);
  const env = { ...process.env, OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Basic%20abc' };
  const { spans, summary } = await run(['--otlp', new URL(collector.url).origin, '--', 'true'], { env });
  assert.ok(collector.authorizations.every((header) => header === 'Basic abc'));
  assert.deepEqual([...collector.accepted].sort(), spans.map(({ name }) => name).sort());
  assert.deepEqual(summary.coverage.delivery, { sent: spans.length, undelivered: 0 });
  assert.ok(collector.bodies.every((body) => spanNames(body).length > 0));
});

test('an endpoint that refuses is said, and costs COMMAND nothing', real, async () => {
  await using collector = await startCollector(Array.from({ length: 9 }, () => ({ status: 400 })));
  const { status, stderr, summary } = await run(['--otlp', collector.url, '--', 'true']);
  assert.deepEqual([status, summary.coverage.complete], [0, false]);
  assert.match(stderr, /3 spans not delivered: the server answered 400/);
});

test('a sensor that cannot load says why, and COMMAND runs all the same', real, async () => {
  const powerless = ['setpriv', '--bounding-set=-all', '--inh-caps=-all', chaperone];
  const { status, stdout, stderr, summary, resource, spans } = await run(
    ['--', 'sh', '-c', 'echo ran; exit 5'],
    {},
    powerless,
  );
  assert.deepEqual([status, stdout], [5, 'ran\n']);
  assert.match(stderr, /^chaperone: nothing of the command will be seen: No cgroup can be made in \S+; run as root\n/);
  assert.match(stderr, /\n✖ failure · not observed\n/, 'said once');
  assert.equal(resource['chaperone.sensor.armed'], false);
  assert.notEqual(resource['chaperone.sensor.reason'] ?? '', '');
  assert.deepEqual([summary.coverage.armed, summary.coverage.complete, summary.result], [false, false, 'failure']);
  assert.deepEqual(spans.map(classOf).sort(), ['job', 'process', 'step']);
});

const workflow = `
name: CI
on: push
jobs:
  build:
    name: Build and test
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - name: Install the things
        id: install
        run: for i in 1 2 3; do /bin/true; done
      - run: /bin/echo unnamed
      - name: Never
        if: false
        run: /bin/false
      - uses: ./.github/actions/report
      - id: test
        name: 'Test: "quoted" 構建'
        run: ls / | wc -l
      - name: Fails
        if: env.FAIL == 'yes'
        run: exit 3
`;
const action = `
name: Report
description: two nested steps
runs:
  using: composite
  steps:
    - {name: Collect, shell: bash, run: 'ls /'}
    - {name: Upload, shell: bash, run: 'uname -a'}
`;

let workspace = '';
before(() => {
  const files = { '.github/workflows/ci.yml': workflow, '.github/actions/report/action.yml': action };
  workspace = makeRepository('workspace', files);
});

test(
  "act's workflow is one job span, a span for each executed step with its name from the file, and processes below",
  real,
  async () => {
    const { status, spans, stderr, summary } = await runAct(workspace);
    const jobs = ofClass(spans, 'job');
    assert.deepEqual([status, jobs.map(({ name }) => name), summary.result], [0, ['Build and test'], 'success']);
    const steps = ofClass(spans, 'step').filter(({ parentSpanId }) => parentSpanId === jobs[0]?.spanId);
    const ordinals = steps.map(({ attributes }) => Number(attributes['chaperone.step.ordinal']));
    assert.deepEqual(
      ordinals,
      ordinals.toSorted((a, b) => a - b).filter((ordinal, index, all) => ordinal > (all[index - 1] ?? 0)),
    );
    const names = steps.map(({ name }) => name);
    assert.deepEqual(names, [
      'Run actions/checkout@v4',
      'Install the things',
      'Run /bin/echo unnamed',
      'Run ./.github/actions/report',
      'Test: "quoted" 構建',
    ]);
    const parents = new Map(spans.map((span) => [span.spanId, span]));
    for (const name of ['true', 'echo', 'ls', 'wc', 'uname']) {
      const process = spans.find((span) => span.name === name);
      let above = parents.get(process?.parentSpanId ?? '');
      while (above !== undefined && classOf(above) === 'process') above = parents.get(above.parentSpanId ?? '');
      assert.equal(above && classOf(above), 'step', `${name} stands below a step`);
    }
    assert.equal(summary.processes.byExecutable.true, 3);
    assert.match(stderr, /CI \/ Build and test +▕█+▏/);
    assert.match(stderr, /nothing lost/);
  },
);

test("a failing step is marked, and the exit status is act's", real, async () => {
  const { status, spans, summary } = await runAct(workspace, '--env', 'FAIL=yes');
  assert.deepEqual([status, summary.result], [1, 'failure']);
  const failed = ofClass(spans, 'step').filter(({ error }) => error !== null);
  assert.deepEqual(
    failed.map(({ name }) => name),
    ['Fails'],
  );
  assert.equal(summary.jobs[0]?.steps.at(-1)?.exitCode, 3);
});

test('the command line works through links, from any folder', real, () => {
  const link = join(folder, 'link');
  execFileSync('ln', ['-s', chaperone, link]);
  const { status, stdout } = spawnSync(link, ['--version'], { cwd: '/', encoding: 'utf8' });
  assert.deepEqual([status, stdout], [0, 'chaperone 0.1.0\n']);
});

test('unasked, files are watched only where that costs no system call, and the job says which', real, async () => {
  const job = async (...options: string[]) =>
    ofClass((await run([...options, '--quiet', '--', 'true'])).spans, 'job')[0]?.attributes ?? {};
  const { [filesWatched]: watched, [filesUnwatchedReason]: reason } = await job();
  assert.ok(watched === 'yes' || /costs every system call/.test(String(reason)));
  assert.equal((await job('--files'))[filesWatched], 'yes');
  assert.match(String((await job('--no-files'))[filesUnwatchedReason]), /was off/);
});

test('with --files each change is in the trace, and a read secret with the process that read it', real, async () => {
  const home = join(folder, 'home');
  const script = `mkdir -p ${home} && echo x > ${home}/.npmrc && mv ${home}/.npmrc ${home}/.netrc && cat ${home}/.netrc > /dev/null && rm ${home}/.netrc`;
  const { spans, summary, stderr } = await run(['--files', '--', 'sh', '-c', script]);
  const told = spans.flatMap(({ name, events }) =>
    events.map(({ attributes }) => [name, attributes['chaperone.file.operation']]),
  );
  assert.deepEqual(told, [
    ['mkdir', 'mkdir'],
    ['mv', 'rename'],
    ['cat', 'read'],
    ['rm', 'delete'],
    ['sh', 'create'],
  ]);
  const { total, byOperation, secretsRead } = summary.fileChanges ?? {};
  assert.deepEqual([total, byOperation, secretsRead], [4, { create: 1, rename: 1, delete: 1, mkdir: 1 }, 1]);
  assert.match(stderr, / · 4 file changes · nothing lost/);
  assert.equal(summary.coverage.complete, true);
});

test(
  'a run within a run is a command like any other, down to the connections by which its sensor proves itself',
  real,
  async () => {
    const inner = [chaperone, 'run', '--quiet', '--out', join(folder, 'inner'), '--', 'true'];
    const { status, spans, summary } = await run(['--quiet', '--', ...inner]);
    const canary = ofClass(spans, 'process').find(({ attributes }) =>
      String(attributes['process.command_args']).startsWith('probe,canary'),
    );
    const own = ofClass(spans, 'connection').filter(({ parentSpanId }) => parentSpanId === canary?.spanId);
    assert.ok(own.length > 0 && summary.totals.connections >= own.length);
    assert.deepEqual([status, summary.coverage.complete], [0, true]);
  },
);
