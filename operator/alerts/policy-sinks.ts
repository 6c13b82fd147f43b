import { describeError } from '../../crds/errors.ts';
import { type PolicyAlerts, type PolicySink, policyAlerts } from '../../crds/policy-alerts.ts';
import type { KubeObject } from '../kube/objects.ts';
import type { Alerted } from './alerts.ts';
import type { FindingEvents, PolicyName } from './finding-events.ts';
import type { FindingMetrics } from './metrics.ts';
import type { Room } from './sinks/alert-queue.ts';
import type { PolicyTargetReader } from './sinks/policy-secrets.ts';
import { createSink, type Sink, type SinkOptions } from './sinks/sink.ts';

export interface PolicySinksOptions extends Pick<SinkOptions, 'clock' | 'random' | 'log' | 'post'> {
  readTarget: PolicyTargetReader;
  events: FindingEvents;
  metrics: FindingMetrics;
  /** Whether policies may have sinks in this cluster at all. */
  isEnabled: boolean;
}

/** The sinks that policies declare. */
export interface PolicySinks {
  /** Brings the policy's sinks to what it says now; alerts that wait go on to where they are now to be sent. Says on the policy what is wrong with them. */
  update(policy: KubeObject): void;
  remove(policy: KubeObject): void;
  of(uid: string): readonly Alerted[];
  stop(graceMs: number): Promise<void>;
}

/** Of all policies. */
const MAX_SINKS = 500;
/** So that one namespace does not take those of all others. */
const MAX_SINKS_OF_ONE = 100;
const MAX_WAITING_EACH = 100;
const MAX_WAITING = 4_000;

interface Declared {
  sink: Sink;
  /** As the policy says now. */
  spec: PolicySink;
  name: string;
}

interface Page {
  policy: PolicyName;
  alerts: PolicyAlerts;
  declared: Map<string, Declared>;
}

export function createPolicySinks(options: PolicySinksOptions): PolicySinks {
  return new DeclaredSinks(options);
}

class DeclaredSinks implements PolicySinks {
  readonly #options: PolicySinksOptions;
  readonly #pages = new Map<string, Page>();
  readonly #room: Room = { waiting: 0, most: MAX_WAITING };
  #count = 0;
  /** One policy's Secrets after the other's, so that a gateway that starts does not ask for all at once. */
  #checks: Promise<void> = Promise.resolve();

  constructor(options: PolicySinksOptions) {
    this.#options = options;
  }

  update(object: KubeObject): void {
    const policy = nameOf(object);
    const alerts = alertsOf(object);
    const page = this.#pages.get(policy.uid) ?? { policy, alerts, declared: new Map() };
    page.alerts = alerts;
    const isWanted = (name: string): boolean => alerts.sinks.some((spec) => spec.name === name);
    for (const name of [...page.declared.keys()]) if (!isWanted(name)) this.#end(page, name);
    if (alerts.sinks.length === 0) this.#pages.delete(policy.uid);
    else this.#serve(page);
    this.#serveRefused();
  }

  remove(object: KubeObject): void {
    const { uid } = nameOf(object);
    const page = this.#pages.get(uid);
    for (const name of [...(page?.declared.keys() ?? [])]) if (page !== undefined) this.#end(page, name);
    this.#pages.delete(uid);
    this.#serveRefused();
  }

  of(uid: string): readonly Alerted[] {
    const { alerts, declared } = this.#pages.get(uid) ?? {};
    if (alerts === undefined || declared === undefined) return [];
    return [...declared.values()].map(({ sink }) => ({ sink, minSeverity: alerts.minSeverity }));
  }

  async stop(graceMs: number): Promise<void> {
    const all = [...this.#pages.values()].flatMap(({ declared }) => [...declared.values()]);
    await Promise.all(all.map(({ sink }) => sink.stop(graceMs)));
  }

  #serve(page: Page): void {
    this.#pages.set(page.policy.uid, page);
    for (const spec of page.alerts.sinks) this.#declare(page, spec);
    this.#checks = this.#checks.then(() => this.#check(page));
  }

  /** Where a sink has ended there is room for one that had none. */
  #serveRefused(): void {
    for (const page of this.#pages.values()) {
      const isRefused = page.declared.size < page.alerts.sinks.length;
      if (isRefused && this.#refusal(page.policy.namespace) === undefined) this.#serve(page);
    }
  }

  #declare(page: Page, spec: PolicySink): void {
    const known = page.declared.get(spec.name);
    const refusal = this.#refusal(page.policy.namespace);
    if (known !== undefined) known.spec = spec;
    else if (refusal !== undefined) this.#say(page, spec.name, refusal);
    else {
      this.#count += 1;
      const name = `${page.policy.namespace}/${page.policy.name}/${spec.name}`;
      const declared: Declared = { spec, name, sink: this.#make(page, name, () => declared.spec) };
      page.declared.set(spec.name, declared);
    }
  }

  /** Why no further sink is served; undefined when one is. */
  #refusal(namespace: string): string | undefined {
    if (!this.#options.isEnabled)
      return 'sinks of policies are turned off in this cluster (gateway.alerts.policySinks)';
    if (this.#countIn(namespace) >= MAX_SINKS_OF_ONE)
      return `the policies of this namespace have ${MAX_SINKS_OF_ONE} sinks already, and no more are served`;
    if (this.#count < MAX_SINKS) return undefined;
    return `the policies of this cluster have ${MAX_SINKS} sinks already, and no more are served`;
  }

  #countIn(namespace: string): number {
    return [...this.#pages.values()]
      .filter(({ policy }) => policy.namespace === namespace)
      .reduce((sum, { declared }) => sum + declared.size, 0);
  }

  #make(page: Page, name: string, spec: () => PolicySink): Sink {
    const { readTarget, events } = this.#options;
    return createSink({
      ...this.#options,
      name,
      capacity: MAX_WAITING_EACH,
      room: this.#room,
      readTarget: (isStale) => readTarget(page.policy.namespace, spec(), isStale),
      onTrouble: (reason, why) =>
        void events.note(page.policy, {
          type: 'Warning',
          reason,
          action: 'Alert',
          note: `${reason === 'AlertLost' ? 'An alert never reaches' : 'Alerts wait for'} the sink ${spec().name}: ${why}.`,
        }),
    });
  }

  #end(page: Page, name: string): void {
    const declared = page.declared.get(name);
    if (declared === undefined) return;
    page.declared.delete(name);
    this.#count -= 1;
    void this.#forget(declared);
  }

  /** A try that is still under way is counted too; and there may be another sink of the name by then. */
  async #forget({ sink, name }: Declared): Promise<void> {
    await sink.stop(0);
    await sink.idle();
    const all = [...this.#pages.values()].flatMap(({ declared }) => [...declared.values()]);
    if (!all.some((one) => one.name === name)) this.#options.metrics.forget(name);
  }

  /** What would else be found out with the first alert. */
  async #check(page: Page): Promise<void> {
    for (const { spec } of page.declared.values()) {
      await this.#options.readTarget(page.policy.namespace, spec, true).catch((error: unknown) => {
        this.#say(page, spec.name, describeError(error));
      });
    }
  }

  #say({ policy }: Page, sink: string, why: string): void {
    const note = `No alert reaches the sink ${sink} as it is: ${why}.`;
    void this.#options.events.note(policy, { type: 'Warning', reason: 'AlertSinkNotReady', action: 'Alert', note });
  }
}

function nameOf({ metadata: { namespace = '', name, uid = '' } }: KubeObject): PolicyName {
  return { namespace, name, uid };
}

function alertsOf(object: KubeObject): PolicyAlerts {
  const { alerts } = (object as { spec?: { alerts?: unknown } }).spec ?? {};
  return policyAlerts.safeParse(alerts ?? {}).data ?? policyAlerts.parse({});
}
