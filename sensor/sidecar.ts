import { readFile } from 'node:fs/promises';
import { describeError } from '../crds/errors.ts';
import type { SensorConfig } from './config.ts';
import type { HelloEvent, ProbeEvent } from './decode/events.ts';
import { openWorkerLogs } from './engines/github-actions/worker-log.ts';
import { type Clock, unixNanos } from './export/clock.ts';
import { createExporter, type Exporter } from './export/exporter.ts';
import { createHelloSender, type HelloSender } from './gateway-hello.ts';
import { createPipeline, type Pipeline } from './pipeline.ts';
import { openPolicyFile, type PolicyFile } from './policy/policy-file.ts';

export type Log = (level: 'info' | 'warn', message: string) => void;

export interface SidecarOptions {
  readonly config: SensorConfig;
  readonly clock: Clock;
  readonly log: Log;
  /** Asks the probe for everything that was in its buffers; the events come before the promise is kept. */
  readonly flushProbe: () => Promise<unknown>;
}

const tickMs = 1_000;
const policyCheckMs = 2_000;
/** At a job's end the pod may soon be gone. */
const jobFlushMs = 10_000;
/** Of the 20 s that the probe gives after SIGTERM: first for the probe's last events, then for the spans. */
const lastEventsMs = 3_000;
const lastSpansMs = 14_000;
/** A job may end before the gateway has heard whether its sensor was armed. */
const lastHelloMs = 5_000;

/** The sensor in a runner's pod: events in, spans and a hello out to the gateway. Nothing that goes wrong in here harms the job. */
export class Sidecar {
  readonly #options: SidecarOptions;
  readonly #policy: PolicyFile;
  readonly #exporter: Exporter;
  readonly #hello: HelloSender;
  readonly #pipeline: Pipeline;
  readonly #cancelTicks: (() => void)[] = [];
  #probe: HelloEvent | null = null;
  #stopping: Promise<void> | null = null;

  constructor(options: SidecarOptions) {
    const { config, clock, log } = options;
    const { gateway, pod } = config;
    this.#options = options;
    this.#policy = openPolicyFile(config.policy.file, { publicKey: config.policy.publicKey, namespace: pod.namespace });
    const headers = () => authorization(gateway.tokenFile);
    this.#exporter = createExporter({
      url: `${gateway.url}/v1/traces`,
      ca: gateway.ca,
      headers,
      clock,
      onDrop: (_, count, message) => log('warn', `${count} spans were not delivered: ${message}`),
    });
    const onFailure = (message: string) => log('warn', `the gateway has not taken the hello yet: ${message}`);
    this.#hello = createHelloSender({ url: gateway.url, ca: gateway.ca, headers, clock, onFailure });
    this.#pipeline = createPipeline({
      engine: 'auto',
      identity: { kind: 'pod', name: pod.name, seed: pod.uid },
      resource: podResource(pod),
      policy: () => this.#policy.view(),
      jobLogs: config.diagDir === null ? null : openWorkerLogs(config.diagDir),
      onSpans: (spans, resource) => this.#exporter.add(spans, resource),
      onJobEnd: () => this.#jobEnded(),
    });
    this.#every(tickMs, () => this.#pipeline.tick(unixNanos(clock)));
    this.#every(policyCheckMs, () => this.#checkPolicy());
  }

  receive(event: ProbeEvent): void {
    if (this.#stopping !== null && this.#probe !== null && event.kind === 'hello') return;
    this.#pipeline.push(event);
    if (event.kind !== 'hello') return;
    this.#probe = event;
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
    await this.#atMost(lastEventsMs, this.#options.flushProbe());
    this.#pipeline.finish(unixNanos(this.#options.clock));
    const helloTaken = this.#atMost(lastHelloMs, this.#hello.taken());
    const account = await this.#exporter.flush({ deadlineMs: lastSpansMs });
    await helloTaken;
    this.#exporter.close();
    this.#hello.close();
    this.#options.log('info', `${account.sent} spans delivered, ${account.queued + account.dropped.total} not`);
  }

  #jobEnded(): void {
    if (this.#stopping !== null) return;
    this.#atMost(jobFlushMs, this.#options.flushProbe())
      .then(() => this.#exporter.flush({ deadlineMs: jobFlushMs }))
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

  async #atMost(ms: number, work: Promise<unknown>): Promise<void> {
    let cancel = () => {};
    const time = new Promise<void>((resolve) => {
      cancel = this.#options.clock.after(ms, resolve);
    });
    await Promise.race([work.catch((error: unknown) => this.#options.log('warn', describeError(error))), time]);
    cancel();
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

/** The kubelet renews the token's file, so it is read for every request. */
async function authorization(tokenFile: string): Promise<Record<string, string>> {
  return { authorization: `Bearer ${(await readFile(tokenFile, 'utf8')).trim()}` };
}

function podResource({ name, namespace, uid, node }: SensorConfig['pod']) {
  return {
    'k8s.namespace.name': namespace,
    'k8s.pod.name': name,
    'k8s.pod.uid': uid,
    ...(node === '' ? {} : { 'k8s.node.name': node }),
  };
}
