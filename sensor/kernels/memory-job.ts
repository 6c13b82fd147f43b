// Runs in a guest, where the memory of a cgroup can be limited: a pod whose sensor is the real one, and takes all the memory it can get in the middle of a job.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { classOf } from '../export/span-class.ts';
import { FaultyGateway } from '../faults/testing/gateway.ts';

/** What became of it, as one line of JSON. */
export interface MemoryOutcome {
  /** Of the sensor's container: memory.events, and memory.peak in bytes. */
  readonly events: Readonly<Record<string, number>>;
  readonly peak: number;
  /** MiB that the sensor had taken when it ended. */
  readonly held: number;
  /** How the probe ended when it was asked to. */
  readonly code: number | null;
  readonly log: string;
  /** Attributes of the job's span; `null` if there is none. */
  readonly job: Readonly<Record<string, unknown>> | null;
  readonly steps: readonly string[];
}

const [limit = ''] = process.argv.slice(2);
const uid = '5d3c1a52-0f7e-4f3a-9a55-2b1f0c9d8e7f';
const pod = `/sys/fs/cgroup/kubepods/pod${uid}`;
const folder = '/tmp/sensor';
const gateway = new FaultyGateway();
let log = '';

/** As the kubelet does since 1.28: what uses the memory up takes the whole container with it. */
function makePod(): void {
  mkdirSync(`${pod}/sensor`, { recursive: true });
  mkdirSync(`${pod}/job`);
  for (const group of ['/sys/fs/cgroup', '/sys/fs/cgroup/kubepods', pod])
    writeFileSync(`${group}/cgroup.subtree_control`, '+memory');
  writeFileSync(`${pod}/sensor/memory.max`, limit);
  writeFileSync(`${pod}/sensor/memory.oom.group`, '1');
  mkdirSync(`${folder}/spill`, { recursive: true });
  for (const name of ['token', 'policy', 'termination-log']) writeFileSync(`${folder}/${name}`, '');
  execFileSync('/bin/chmod', ['-R', '777', folder]);
  for (const name of ['reached', 'gate']) execFileSync('/bin/mkfifo', [`${folder}/${name}`]);
}

function startSensor(): ChildProcess {
  const flags = ['--max-semi-space-size=1', '--max-old-space-size=48', '--v8-pool-size=1', '--max-opt=2'];
  const node = [process.execPath, ...flags, '--import', '/hog-within.mjs', '/sensor.mjs'];
  const probe = ['/probe', 'sidecar', '--run-dir', folder, '--termination-log', `${folder}/termination-log`];
  const { publicKey } = generateKeyPairSync('ed25519', {
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const env = {
    PATH: '/bin',
    CHAPERONE_POD_NAME: 'runner-1',
    CHAPERONE_POD_NAMESPACE: 'arc-runners',
    CHAPERONE_POD_UID: uid,
    CHAPERONE_GATEWAY_URL: gateway.origin,
    CHAPERONE_TOKEN_FILE: `${folder}/token`,
    CHAPERONE_POLICY_FILE: `${folder}/policy`,
    CHAPERONE_POLICY_PUBLIC_KEY: publicKey,
    CHAPERONE_SPILL_DIR: `${folder}/spill`,
    CHAPERONE_SPILL_KEY_FILE: `${folder}/spill.key`,
  };
  const args = ['exec', '--cgroup', `${pod}/sensor`, '--', ...probe, '--child', ...node];
  const sidecar = spawn('/probe', args, { stdio: ['ignore', 'pipe', 'pipe'], env });
  for (const stream of [sidecar.stdout, sidecar.stderr])
    stream?.on('data', (text: Buffer) => {
      log += text.toString();
    });
  return sidecar;
}

/** One step, which executes programs before the gate and after it. */
function startJob(): ChildProcess {
  const programs = '/actor storm 200 2 /actor nothing';
  const script = `${programs}; echo >${folder}/reached; read x <${folder}/gate; ${programs}`;
  const env = { PATH: '/bin', GITHUB_ACTION: 'one', GITHUB_RUN_ID: '7', GITHUB_RUN_ATTEMPT: '1' };
  const runner = ['/Runner.Worker', 'storm', '1', '1', '/bin/sh', '-c', script];
  return spawn('/probe', ['exec', '--cgroup', `${pod}/job`, '--', ...runner], { env, stdio: 'ignore' });
}

/** Waits for a condition, at most two minutes: the processor is an emulated one. */
async function until(condition: () => boolean): Promise<void> {
  for (let look = 0; look < 1_200 && !condition(); look += 1) await delay(100);
}

async function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.exitCode;
}

const armed = () => log.split('"armed: ').length - 1;
const jobSpan = () => [...gateway.spans.values()].find((span) => classOf(span) === 'job');

async function main(): Promise<void> {
  makePod();
  await gateway.listen();
  const sidecar = startSensor();
  await until(() => armed() === 1);
  await gateway.leave();
  const job = startJob();
  readFileSync(`${folder}/reached`);
  writeFileSync(`${folder}/hog`, '0');
  execFileSync('/bin/chmod', ['666', `${folder}/hog`]);
  await until(() => armed() === 2 || sidecar.exitCode !== null || sidecar.signalCode !== null);
  await gateway.listen();
  writeFileSync(`${folder}/gate`, '\n');
  await ended(job);
  await until(() => jobSpan() !== undefined || sidecar.exitCode !== null || sidecar.signalCode !== null);
  sidecar.kill('SIGTERM');
  const code = await ended(sidecar);
  await gateway.leave();
  const events = readFileSync(`${pod}/sensor/memory.events`, 'utf8').trim().split('\n');
  const peak = `${pod}/sensor/memory.peak`;
  const outcome: MemoryOutcome = {
    events: Object.fromEntries(events.map((line) => [line.split(' ')[0], Number(line.split(' ')[1])])),
    peak: existsSync(peak) ? Number(readFileSync(peak, 'utf8')) : 0,
    held: Number(readFileSync(`${folder}/held`, 'utf8')),
    code,
    log,
    job: jobSpan()?.attributes ?? null,
    steps: [...gateway.spans.values()].filter((span) => classOf(span) === 'step').map(({ name }) => name),
  };
  process.stdout.write(`${JSON.stringify(outcome)}\n`);
}

await main();
