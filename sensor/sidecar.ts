import { readFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { describeError } from '../crds/errors.ts';
import type { AgentSink } from './agents/agent-spans.ts';
import { type Hearing, hearAgents } from './agents/words/hearing.ts';
import { createFindingSender, type FindingSender } from './alerts/finding-sender.ts';
import { TerminationLog } from './alerts/termination-log.ts';
import type { SensorConfig } from './config.ts';
import type { HelloEvent, ProbeEvent } from './decode/probe-events.ts';
import { openWorkerLogs } from './engines/github-actions/worker-log.ts';
import type { Clock } from './export/clock.ts';
import { deliveryWord } from './export/delivery-attributes.ts';
import { createExporter, type Exporter } from './export/exporter.ts';
import type { FlushLimits } from './export/send-loop.ts';
import { ServerAddress } from './export/server-address.ts';
import { createHelloSender, type HelloSender } from './gateway-hello.ts';
import type { CoverageReport } from './lineage/coverage.ts';
import { createPipeline, type Pipeline } from './pipeline.ts';
import { openPolicyFile, type PolicyFile } from './policy/policy-file.ts';
import { ProbeTime } from './probe-time.ts';
import type { Recorded } from './spill/frame-log.ts';
import type { Spill } from './spill/spill.ts';

export type Log = (level: 'info' | 'warn', message: string) => void;

export interface SidecarOptions {
  readonly config: SensorConfig;
  readonly clock: Clock;
  readonly log: Log;
  /** Asks the probe for everything that was in its buffers; the events come before the promise is kept. */
  readonly flushProbe: () => Promise<unknown>;
  /** Tells the probe of a coding agent. */
  readonly markAgent: AgentSink;
  /** Where spans and findings wait on disk; default in memory. */
  readonly spill?: Pick<Spill, 'spans' | 'findings'>;
  /** Of how many ports the receiver of agents' words may take the first that is free; default 1: the pod's containers are told of it before. */
  readonly agentPorts?: number;
  /** Told of each tick, so that {@link Sidecar.replay} can repeat it. */
  readonly onTick?: (time: bigint) => void;
}

const tickMs = 1_000;
const policyCheckMs = 2_000;
/** At a job's end the pod may soon be gone. Before the job's span is made, so that it can tell what was refused; and then to the end. */
const beforeJobSpan: FlushLimits = { deadlineMs: 2_000, patienceMs: 1_000 };
const jobFlush: FlushLimits = { deadlineMs: 10_000 };
/**
 * Of the 20 s that the probe gives after SIGTERM: first for the probe's last events, then for the spans. A gateway that takes spans is given
 * them to the last; one that takes nothing for five seconds (a roll-out with two replicas takes less) does not hold the pod up longer.
 */
const lastEventsMs = 3_000;
const lastSpans: FlushLimits = { deadlineMs: 14_000, patienceMs: 5_000 };
/** A job may end before the gateway has heard whether its sensor was armed. */
const lastHello: FlushLimits = { deadlineMs: 5_000 };

/** The sensor in a runner's pod: events in, spans, findings and a hello out to the gateway. Nothing that goes wrong in here harms the job. */
export class Sidecar {
  readonly #options: SidecarOptions;
  readonly #policy: PolicyFile;
  readonly #exporter: Exporter;
  readonly #findings: FindingSender;
  readonly #lastWords: TerminationLog;
  readonly #hello: HelloSender;
  readonly #pipeline: Pipeline;
  /** `null` where agents are not asked. */
  readonly #hearing: Hearing | null;
  readonly #heardAt = () => this.#hearing?.port ?? null;
  readonly #cancelTicks: (() => void)[] = [];
  readonly #time: ProbeTime;
  #probe: HelloEvent | null = null;
  #replaying = false;
  #stopping: Promise<void> | null = null;

  constructor(options: SidecarOptions) {
    const { config, clock, log } = options;
    const { gateway, pod } = config;
    this.#options = options;
    this.#time = new ProbeTime(clock);
    this.#policy = openPolicyFile(config.policy.file, { publicKey: config.policy.publicKey, namespace: pod.namespace });
    const headers = () => authorization(gateway.tokenFile);
    // One for all: the hello reaches the gateway before the job has begun.
    const address = new ServerAddress();
    const server = { url: gateway.url, ca: gateway.ca, address, headers, clock };
    const warnOfDrops = (what: string) => (_: unknown, count: number, message: string) =>
      log('warn', `${count} ${what} were not delivered: ${message}`);
    const warnOfDelay = (what: string) => (message: string) =>
      log('warn', `the gateway has not taken the ${what} yet: ${message}`);
    this.#exporter = createExporter({
      ...server,
      url: `${gateway.url}/v1/traces`,
      spill: options.spill?.spans ?? null,
      onDrop: warnOfDrops('spans'),
    });
    this.#lastWords = new TerminationLog({ path: config.terminationLog, clock, onFault: (text) => log('warn', text) });
    this.#findings = createFindingSender({
      ...server,
      spill: options.spill?.findings ?? null,
      onWaiting: (findings) => this.#lastWords.keep(findings),
      onFailure: warnOfDelay('findings'),
      onDrop: warnOfDrops('findings'),
    });
    this.#hello = createHelloSender({ ...server, onFailure: warnOfDelay('hello') });
    this.#pipeline = createPipeline({
      engine: 'auto',
      identity: { kind: 'pod', name: pod.name, seed: pod.uid },
      resource: podResource(pod),
      policy: () => this.#policy.view(),
      network: { addresses: ownAddresses(), openHosts: [new URL(gateway.url).hostname] },
      jobLogs: config.diagDir === null ? null : openWorkerLogs(config.diagDir),
      onSpans: (spans, resource) => this.#exporter.add(spans, resource),
      onFinding: (finding) => this.#findings.tell(finding),
      agents: { onAgent: options.markAgent, areHeard: config.hearsAgents, heardAt: this.#heardAt },
      onJobEnd: () => this.#jobEnded(),
      delivery: () => deliveryWord(this.#exporter.account(), this.#findings.account()),
    });
    this.#hearing = config.hearsAgents ? this.#hear() : null;
    this.#every(tickMs, () => this.#tick());
    this.#every(policyCheckMs, () => this.#checkPolicy());
  }

  /** Goes once more through what an earlier process was told, so that this one knows what it knew. Spans that it gave are not given again. */
  replay(recorded: Iterable<Recorded>): void {
    this.#replaying = true;
    for (const entry of recorded) {
      if ('event' in entry) this.#pipeline.push(entry.event);
      else this.#pipeline.tick(entry.tick);
    }
    this.#replaying = false;
    this.#options.spill?.spans?.forgetKnown();
    this.#options.spill?.findings?.forgetKnown();
  }

  receive(event: ProbeEvent): void {
    if (this.#stopping !== null && this.#probe !== null && event.kind === 'hello') return;
    this.#pipeline.push(event);
    this.#hearing?.told(event);
    if (event.kind !== 'hello') return;
    this.#probe = event;
    this.#time.hear(event);
    this.#options.log(
      'info',
      event.armed ? `armed: ${event.tier}` : `not armed: ${event.reason ?? 'the probe did not say why'}`,
    );
    this.#sendHello();
  }

  /** Gives what is left and ends, within the grace period; calling it again changes nothing. */
  stop(): Promise<void> {
    this.#stopping ??= this.#finish();
    return this.#stopping;
  }

  async #finish(): Promise<void> {
    for (const cancel of this.#cancelTicks) cancel();
    await this.#endHearing();
    const answered = await this.#atMost(lastEventsMs, this.#options.flushProbe());
    if (!answered) this.#pipeline.push({ kind: 'unanswered' });
    const { coverage } = this.#pipeline.finish(this.#time.now());
    if (!coverage.complete) this.#options.log('warn', `not everything that happened was told: ${missingIn(coverage)}`);
    await Promise.all([this.#exporter.flush(lastSpans), this.#findings.flush(lastSpans), this.#hello.flush(lastHello)]);
    this.#hello.close();
    this.#findings.close();
    this.#lastWords.close();
    const { sent, dropped } = this.#exporter.close();
    this.#options.log(dropped.total === 0 ? 'info' : 'warn', `${sent} spans delivered, ${dropped.total} not`);
  }

  #hear(): Hearing {
    const { clock, flushProbe, log, agentPorts = 1 } = this.#options;
    const onFailure = (message: string) => log('warn', message);
    const hearing = hearAgents({ clock, pipeline: this.#pipeline, flush: flushProbe, ports: agentPorts, onFailure });
    hearing.url.then((url) => url && log('info', `coding agents are heard at ${url}`));
    return hearing;
  }

  async #endHearing(): Promise<void> {
    const account = (await this.#hearing?.close()) ?? null;
    if (account !== null) this.#options.log('info', `what agents told: ${JSON.stringify(account)}`);
  }

  #jobEnded(): void {
    if (this.#stopping !== null || this.#replaying) return;
    Promise.all([this.#exporter.flush(beforeJobSpan), this.#findings.flush(beforeJobSpan)])
      .then(() => this.#atMost(lastEventsMs, this.#options.flushProbe()))
      .then(() => this.#exporter.flush(jobFlush))
      .catch((error: unknown) => this.#options.log('warn', `the job's spans wait: ${describeError(error)}`));
  }

  #checkPolicy(): void {
    if (!this.#policy.refresh()) return;
    const { hash, error } = this.#policy.view();
    this.#options.log(
      error === '' ? 'info' : 'warn',
      error === '' ? `policy ${hash}` : `the policy stays as it was: ${error}`,
    );
    this.#sendHello();
  }

  #sendHello(): void {
    if (this.#probe === null) return;
    const { version, armed, tier, kernel, reason } = this.#probe;
    const { hash, error } = this.#policy.view();
    const faults = { ...(reason === undefined ? {} : { reason }), ...(error === '' ? {} : { policyError: error }) };
    this.#hello.send({ version, armed, tier, kernel, policyHash: hash, ...faults });
  }

  #tick(): void {
    const time = this.#time.now();
    this.#options.onTick?.(time);
    this.#pipeline.tick(time);
  }

  /** Whether the work was done in time; what kept it is logged. */
  async #atMost(ms: number, work: Promise<unknown>): Promise<boolean> {
    let cancel = () => {};
    const time = new Promise<false>((resolve) => {
      cancel = this.#options.clock.after(ms, () => resolve(false));
    });
    const done = work.then(
      () => true,
      (error: unknown) => {
        this.#options.log('warn', describeError(error));
        return false;
      },
    );
    const inTime = await Promise.race([done, time]);
    cancel();
    return inTime;
  }

  #every(ms: number, action: () => void): void {
    const slot = this.#cancelTicks.push(() => {}) - 1;
    const again = () => {
      this.#cancelTicks[slot] = this.#options.clock.after(ms, () => {
        again();
        action();
      });
    };
    again();
  }
}

/** The containers of a pod have one network. */
function ownAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((all = []) => all.map(({ address }) => address));
}

/** The kubelet renews the token's file, so it is read for every request. */
async function authorization(tokenFile: string): Promise<Record<string, string>> {
  return { authorization: `Bearer ${(await readFile(tokenFile, 'utf8')).trim()}` };
}

/** What is missing, in words for the log: the job's span may have been given before. */
function missingIn({ causes, ...report }: CoverageReport): string {
  const counts = Object.entries({ ...causes, ...report }).filter(([name, count]) => isLoss(name) && Number(count) > 0);
  return counts.map(([name, count]) => `${name} ${count}`).join(', ');
}

/** The account's other parts say what happened, not what is missing. */
function isLoss(name: string): boolean {
  return !['produced', 'delivered', 'lost', 'outside', 'restarts', 'complete'].includes(name);
}

function podResource({ name, namespace, uid, node }: SensorConfig['pod']) {
  return {
    'k8s.namespace.name': namespace,
    'k8s.pod.name': name,
    'k8s.pod.uid': uid,
    ...(node === '' ? {} : { 'k8s.node.name': node }),
  };
}
