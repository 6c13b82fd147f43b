import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { actor, scratchFolder } from '../../probe/testing/actor.ts';
import { makeCgroup, probe } from '../../probe/testing/machine.ts';
import { type Run, runner } from '../../probe/testing/observe.ts';
import { childrenOf, uid } from '../../probe/testing/pod.ts';
import { FaultyGateway } from './gateway.ts';

const main = join(import.meta.dirname, '..', '..', 'main.ts');
const { publicKey } = generateKeyPairSync('ed25519', {
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});

/** The GitHub runner's worker, by name; a shell otherwise. */
const worker = join(scratchFolder, 'Runner.Worker');
copyFileSync('/bin/bash', worker);

export interface FaultPodOptions {
  /** Runs the probe, such as in a mount namespace of its own; the spill's folder follows as `$0`. */
  readonly wrapper?: (spill: string) => readonly string[];
  /** As the policy says it; default `Never`. */
  readonly watchFiles?: 'Always';
  /** Further arguments of `probe sidecar`. */
  readonly probeArgs?: readonly string[];
  /** By which the sensor knows the gateway; default its address. */
  readonly gatewayHost?: string;
}

let folders = 0;

/** By number: with one more random word in it a path looks like a secret now and then, and is told as one. */
function makeFolder(): string {
  folders += 1;
  const folder = join(scratchFolder, `fault-${folders}`);
  mkdirSync(folder, { mode: 0o700 });
  return folder;
}

/** A pod with the real probe, the real sensor, a job whose steps count what they do, and a gateway that fails as it is told. */
export class FaultPod implements AsyncDisposable {
  readonly gateway = new FaultyGateway();
  readonly folder: string = makeFolder();
  readonly spill: string = join(this.folder, 'spill');
  readonly #options: FaultPodOptions;
  readonly #cgroup = makeCgroup(`kubepods/pod${uid}/sensor`);
  readonly #job: string;
  #sidecar: ChildProcess | null = null;
  output = '';

  constructor(options: FaultPodOptions = {}) {
    this.#options = options;
    this.#job = join(this.#cgroup.path, '..', 'job');
    mkdirSync(this.#job);
    mkdirSync(this.spill);
    for (const path of [this.folder, this.spill]) chmodSync(path, 0o777);
    writeFileSync(join(this.folder, 'token'), 'token');
    writeFileSync(join(this.folder, 'policy'), '');
    // As the kubelet makes it, for every user.
    writeFileSync(join(this.folder, 'termination-log'), '');
    chmodSync(join(this.folder, 'termination-log'), 0o666);
    execFileSync('mkfifo', [join(this.folder, 'gate'), join(this.folder, 'never')]);
  }

  /** Starts the sensor's container, again if it was there before, and waits until it is armed. */
  async startSensor(): Promise<void> {
    const { folder, spill } = this;
    const wrapper = this.#options.wrapper?.(spill) ?? [];
    const sidecar = ['sidecar', '--run-dir', folder, '--termination-log', join(folder, 'termination-log')];
    sidecar.push(...(this.#options.probeArgs ?? []));
    const args = [
      'exec',
      '--cgroup',
      this.#cgroup.path,
      '--',
      ...wrapper,
      probe,
      ...sidecar,
      '--child',
      process.execPath,
      main,
    ];
    const env = {
      PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
      CHAPERONE_POD_NAME: 'runner-1',
      CHAPERONE_POD_NAMESPACE: 'arc-runners',
      CHAPERONE_POD_UID: uid,
      CHAPERONE_GATEWAY_URL: this.gateway.origin.replace('127.0.0.1', this.#options.gatewayHost ?? '127.0.0.1'),
      CHAPERONE_TOKEN_FILE: join(folder, 'token'),
      CHAPERONE_POLICY_FILE: join(folder, 'policy'),
      CHAPERONE_POLICY_PUBLIC_KEY: publicKey,
      CHAPERONE_WATCH_FILES: this.#options.watchFiles ?? 'Never',
      CHAPERONE_SPILL_DIR: spill,
      CHAPERONE_SPILL_KEY_FILE: join(folder, 'spill.key'),
    };
    const before = this.output.length;
    this.#sidecar = spawn(probe, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
    for (const stream of [this.#sidecar.stdout, this.#sidecar.stderr])
      stream?.on('data', (text: Buffer) => {
        this.output += text.toString();
      });
    await until(() => this.output.slice(before).includes('"armed: '));
  }

  /** The probe, whoever runs it. */
  get probe(): number {
    return this.#find((command) => command.startsWith(`${probe}\0sidecar`));
  }

  /** What the container said. */
  readonly log = (): string => this.output;

  /** How often a Node said that it is armed. */
  get armed(): number {
    return this.output.split('"armed: ').length - 1;
  }

  get node(): number {
    return Number(childrenOf(this.probe)[0]);
  }

  /** Lets Node stand still, as on a machine that gives it no time, until what this resolves with is called. */
  async holdNode(): Promise<() => void> {
    const held = join(this.#cgroup.path, 'held');
    mkdirSync(held, { recursive: true });
    writeFileSync(join(held, 'cgroup.procs'), String(this.node));
    writeFileSync(join(held, 'cgroup.freeze'), '1');
    await until(() => readFileSync(join(held, 'cgroup.events'), 'utf8').includes('frozen 1'));
    return () => writeFileSync(join(held, 'cgroup.freeze'), '0');
  }

  /** A job of two steps. Each executes `count` programs and makes as many connections, writes down how many it did, and waits at the gate. */
  startJob(count: number): Promise<unknown> {
    const step = (name: string) => {
      const loop = `i=0; while [ $i -lt ${count} ]; do /bin/true; i=$((i+1)); done`;
      const script = `${loop}; ${actor} connects ${count}; echo $i > ${this.folder}/${name}; read x < ${this.folder}/gate`;
      return `GITHUB_ACTION=${name} GITHUB_RUN_ID=7 GITHUB_RUN_ATTEMPT=1 /bin/sh -c '${script}'`;
    };
    return this.runJob(`${step('one')}; ${step('two')}; exit 100`);
  }

  /** A job whose runner is a shell that runs this text in the pod's folder. */
  runJob(text: string): Promise<unknown> {
    return runner(this.#job)([worker, '-c', text], { cwd: this.folder });
  }

  /**
   * A job of one step that makes this machine's findings: each thief, a program of its own, opens the memory of the runner and goes on. The step waits
   * at the gate in the end.
   */
  startThefts(thieves: readonly string[], pauseSeconds = 0): Promise<unknown> {
    const steal = thieves.map((name) => {
      const thief = join(this.folder, name);
      copyFileSync('/bin/dash', thief);
      return `${thief} -c "exec 3< /proc/$PPID/mem; read x < ${this.folder}/never" & sleep ${pauseSeconds}`;
    });
    const script = `${steal.join('; ')}; echo ${thieves.length} > ${this.folder}/steal; read x < ${this.folder}/gate; kill $(jobs -p)`;
    writeFileSync(join(this.folder, 'steal.sh'), script);
    const step = `GITHUB_ACTION=steal GITHUB_RUN_ID=7 GITHUB_RUN_ATTEMPT=1 /bin/bash ${this.folder}/steal.sh`;
    return runner(this.#job)([worker, '-c', `${step}; exit 100`], { cwd: this.folder });
  }

  /** What the container would leave behind if it ended now. */
  get lastWords(): string {
    return readFileSync(join(this.folder, 'termination-log'), 'utf8');
  }

  /** Starts a container beside the sensor's, whose first process this is; it ends with the pod. */
  startContainer(command: readonly string[]): void {
    spawn(actor, ['contain', this.#job, ...command], { stdio: 'ignore' });
  }

  /** Runs a command in that container, which comes in from outside as with `kubectl exec`. */
  enter(command: readonly string[]): ReturnType<Run> {
    return runner(this.#job)(command);
  }

  /** Waits until the step has done what it counts, by its own word. */
  async stepDone(name: string): Promise<number> {
    const path = join(this.folder, name);
    await until(() => existsSync(path) && readFileSync(path, 'utf8').endsWith('\n'));
    return Number(readFileSync(path, 'utf8'));
  }

  /** Lets both steps come to their ends. */
  async finishJob(job: Promise<unknown>): Promise<void> {
    await this.stepDone('one');
    await this.openGate();
    await this.stepDone('two');
    await this.openGate();
    await job;
  }

  /** Lets the step that waits go on. */
  openGate(): Promise<void> {
    return writeFile(join(this.folder, 'gate'), '\n');
  }

  /** Ends the container as the kubelet does. */
  async end(): Promise<number | null> {
    process.kill(this.probe, 'SIGTERM');
    return await this.ended();
  }

  async ended(): Promise<number | null> {
    const sidecar = this.#sidecar;
    if (sidecar === null) return null;
    if (sidecar.exitCode === null && sidecar.signalCode === null) await once(sidecar, 'exit');
    return sidecar.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#cgroup[Symbol.asyncDispose]();
    await this.gateway.leave();
  }

  #find(isWanted: (command: string) => boolean): number {
    const pids = readFileSync(join(this.#cgroup.path, 'cgroup.procs'), 'utf8').trim().split('\n');
    return Number(pids.find((pid) => isWanted(readFileSync(`/proc/${pid}/cmdline`, 'utf8'))));
  }
}

/** A scratch volume of this size, such as `64k`. */
export const smallDisk =
  (size: string) =>
  (spill: string): string[] => [
    ...['/usr/bin/unshare', '-m', '/bin/sh', '-c'],
    `mount -t tmpfs -o size=${size},mode=777 none ${spill} && exec "$@"`,
    'sh',
  ];

/** Waits for a condition. Throws after a minute, naming it. */
export async function until(condition: () => boolean): Promise<void> {
  for (let look = 0; look < 6_000; look += 1) {
    if (condition()) return;
    await delay(10);
  }
  throw new Error(`It did not come to pass: ${condition}`);
}

/** A pod whose gateway listens and whose sensor is armed. */
export async function startFaultPod(options: FaultPodOptions = {}): Promise<FaultPod> {
  const pod = new FaultPod(options);
  await pod.gateway.listen();
  await pod.startSensor();
  return pod;
}
