import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { writeJobFolder } from '../planner/job-folder.ts';

const here = import.meta.dirname;
const workflows = join(here, '../workflows');

describe('the runner stand-in', () => {
  let server: Server;
  let address: string;
  let scratch: string;
  before(async () => {
    scratch = mkdtempSync(join(tmpdir(), 'chaperone-runner-'));
    server = createServer((_, response) => response.end('hello\n')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => {
    server.close();
    rmSync(scratch, { recursive: true });
  });

  test('runs every step of a workflow and ends with 0', async () => {
    const { output, code } = await runJob(scratch, 'build', address);
    assert.equal(code, 0, output);
    assert.match(output, /Running job: Build and test/);
    assert.match(output, /cache: connected/);
    assert.match(output, /all is well: \d+ files/);
    assert.match(output, /completed with result: Succeeded/);
  });

  test('ends with 0 when the job failed, and says so', async () => {
    const { output, code, log } = await runJob(scratch, 'failing', address);
    assert.equal(code, 0, output);
    assert.match(output, /completed with result: Failed/);
    assert.match(log, /DisplayName='Lint 'strictly' \[all files\]'\n/);
    assert.match(
      log,
      /DisplayName='Never reached'\n.*\n.*Result: false\n.*Skipping step due to condition evaluation\.\n/,
    );
    assert.match(log, /DisplayName='Clean up'\n.*always\(\)\n.*Result: true/);
  });

  test('writes the job message before the first step and the resolved names only beside the steps', async () => {
    const { log } = await runJob(scratch, 'build', address);
    const message = JSON.parse(/Job message:\n ([\s\S]*?)\n\[/.exec(log)?.[1] ?? '') as {
      steps: { displayNameToken: unknown }[];
    };
    assert.deepEqual(message.steps[2]?.displayNameToken, {
      type: 3,
      expr: "format('Build {0} for the team''s use', github.ref_name)",
    });
    assert.ok(log.indexOf('Job message:') < log.indexOf('Processing step:'));
    assert.deepEqual(namesOf(log), [
      'Check out',
      'Set up the toolchain',
      '> Look at the machine',
      '> Set up the compiler',
      '> Check the compiler',
      '> Put the tools on the path',
      "Build main for the team's use",
      'Start the cache',
      'Run tests',
      'Publish nothing',
      'Report',
      'Post Check out',
    ]);
  });

  test('has the process tree of the runner, and each step a GUID of its own', async () => {
    const { trees, log } = await runJob(scratch, 'tree', address);
    const tree = trees[0] ?? '';
    assert.match(
      tree,
      /^bash \S+step\.sh <- bash -e \S+_temp\/[0-9a-f-]{36}\.sh <- \S+ \S+bin\/Runner\.Worker spawnclient 3 4 <- \S+ \S+bin\/Runner\.Listener run <- \/bin\/bash \.\/run-helper\.sh <- \/bin\/bash \S+run\.sh /m,
    );
    const keys = trees.map(
      (text) => /GITHUB_OUTPUT=\S+_runner_file_commands\/set_output_([0-9a-f-]{36})/.exec(text)?.[1],
    );
    assert.equal(new Set(keys).size, 2);
    assert.match(tree, /GITHUB_ACTION=first\n[\s\S]*GITHUB_JOB=tree\n[\s\S]*RUNNER_TRACKING_ID=github_/);
    const pid = /^pid (\d+)$/m.exec(tree)?.[1];
    assert.ok(log.includes(`Process started with process id ${pid}, waiting for process exit.`));
    assert.ok(log.includes(`Finished process ${pid} with exit code 0, and elapsed time 00:00:0`));
  });

  test('gives the result of the job as the exit code of the worker', async () => {
    assert.equal(await workerCode(scratch, 'build', address), 100);
    assert.equal(await workerCode(scratch, 'failing', address), 102);
  });
});

/** An installation in a folder of its own, whose scripts are started by this Node. */
function install(scratch: string, job: string): string {
  const root = mkdtempSync(join(scratch, 'installation-'));
  cpSync(here, root, { recursive: true });
  for (const name of ['Runner.Listener', 'Runner.Worker']) {
    const file = join(root, 'bin', name);
    writeFileSync(file, readFileSync(file, 'utf8').replace('/usr/local/bin/node', process.execPath));
    chmodSync(file, 0o755);
  }
  const repository = join(root, 'repository');
  cpSync(join(workflows, 'service'), repository, { recursive: true });
  writeFileSync(join(repository, '.github/workflows/tree.yaml'), treeWorkflow);
  writeFileSync(join(repository, 'step.sh'), 'cat /proc/$PPID/stat >/dev/null; . ./ancestors.sh\n');
  writeFileSync(join(repository, 'ancestors.sh'), ancestors);
  writeJobFolder(
    {
      repository,
      workflow: job === 'tree' ? 'tree.yaml' : 'ci.yaml',
      job,
      facts: { runId: '7', runAttempt: '1', repository: 'octo/service', runnerName: 'runner-1' },
      actions: { 'actions/checkout@v4': join(workflows, 'actions/checkout') },
    },
    join(root, 'job'),
  );
  return root;
}

const treeWorkflow = `
name: Tree
on: push
jobs:
  tree:
    steps:
      - uses: actions/checkout@v4
      - {id: first, run: bash "$PWD/step.sh" >"$TREES/first"}
      - {id: second, run: bash "$PWD/step.sh" >"$TREES/second"}
`;

/** Prints the command lines from this shell up to run.sh, then the environment. */
const ancestors = `
pid=$$ line=
while :; do
  line+="$(tr '\\0' ' ' </proc/$pid/cmdline)"
  case $line in *run.sh*run.sh*) break ;; *' /'*run.sh*) break ;; esac
  pid=$(sed 's/.*) . //; s/ .*//' /proc/$pid/stat)
  line+='<- '
done
echo "$line"
echo "pid $PPID"
env | sort
`;

async function runJob(scratch: string, job: string, address: string) {
  const root = install(scratch, job);
  const trees = mkdtempSync(join(scratch, 'trees-'));
  const child = spawn('/bin/bash', [join(root, 'run.sh')], {
    env: environment(address, { TREES: trees }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk;
    });
  const [code] = (await once(child, 'exit')) as [number];
  const diag = join(root, '_diag');
  const log = readdirSync(diag)
    .filter((name) => /^Worker_\d{8}-\d{6}-utc\.log$/.test(name))
    .map((name) => readFileSync(join(diag, name), 'utf8'))
    .join('');
  return {
    code,
    output,
    log,
    trees: readdirSync(trees)
      .sort()
      .map((name) => readFileSync(join(trees, name), 'utf8')),
  };
}

async function workerCode(scratch: string, job: string, address: string): Promise<number> {
  const root = install(scratch, job);
  const worker = join(root, 'bin/Runner.Worker');
  const order = join(root, 'job/job.json');
  const env = environment(address, { RUNNER_JOB_FOLDER: join(root, 'job') });
  const command = `exec "${worker}" spawnclient 3 4 3>/dev/null 4<"${order}"`;
  return await promisify(execFile)('/bin/bash', ['-c', command], { env }).then(
    () => 0,
    (error: { code: number }) => error.code,
  );
}

function environment(address: string, more: Record<string, string>): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH, HOME: tmpdir(), SERVICE: address, COLLECTOR: address, ...more };
}

/** Display names in the order of the log, those of nested steps marked. */
function namesOf(log: string): string[] {
  return [...log.matchAll(/\] Processing (embedded )?step: DisplayName='(.*)'$/gm)].map(
    ([, nested, name]) => `${nested ? '> ' : ''}${name}`,
  );
}
