import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import type { FindingCounts } from '../../crds/agent-policy-status.ts';
import { describeError } from '../../crds/errors.ts';
import type { Finding, Severity } from '../../crds/finding.ts';
import { gatewayFieldManager } from '../../crds/names.ts';
import type { KubeClient } from '../kube/client.ts';
import { isConflict, isNotFound } from '../kube/errors.ts';
import { joinKey, type KubeObject } from '../kube/objects.ts';
import { type Clock, sleep, within } from '../runtime/clock.ts';
import { agentPolicies } from '../stores.ts';
import type { PolicyName } from './finding-events.ts';
import type { FindingMetrics } from './metrics.ts';

export interface PolicyCountsOptions {
  client: KubeClient;
  clock: Clock;
  /** Between 0 and 1. */
  random: () => number;
  log: Logger;
  metrics: FindingMetrics;
}

/** Adds findings up in `status.findings` of their policies. */
export interface PolicyCounts {
  /** Written within a second or so, together with others. */
  add(policy: PolicyName, finding: Finding): void;
  /** Writes what is not written yet, for so many milliseconds at most. */
  stop(graceMs: number): Promise<void>;
}

/** What came in between two writes: one write a policy and replica in this time at most. */
const GATHER_MS = 1_000;
const LAST_RETRY_MS = 60_000;
/** Another replica was quicker: it needs no longer than a write takes. */
const RACE_MS = 500;
/** Of a replica that ends, without waiting between them. */
const LAST_TRIES = 5;

type Delta = Partial<Record<Lowercase<Severity>, number>> & { last: string };

interface Unwritten {
  policy: PolicyName;
  delta: Delta;
  /** What the last try would have made of it: an answer that was lost on its way is no reason to add twice. */
  attempted?: { findings: FindingCounts; delta: Delta };
}

/** Makes the counter. Each replica adds its own share to what stands, under a lock by version, so that none is lost. */
export function createPolicyCounts(options: PolicyCountsOptions): PolicyCounts {
  return new AddingCounts(options);
}

class AddingCounts implements PolicyCounts {
  readonly #options: PolicyCountsOptions;
  readonly #unwritten = new Map<string, Unwritten>();
  readonly #writing = new Set<Promise<void>>();
  readonly #stopping = new AbortController();

  constructor(options: PolicyCountsOptions) {
    this.#options = options;
  }

  add(policy: PolicyName, finding: Finding): void {
    const key = `${joinKey(policy.namespace, policy.name)} ${policy.uid}`;
    const waiting = this.#unwritten.get(key);
    if (waiting !== undefined) {
      waiting.delta = plus(waiting.delta, this.#deltaOf(finding));
      return;
    }
    this.#unwritten.set(key, { policy, delta: this.#deltaOf(finding) });
    this.#follow(this.#writeSoon(key));
  }

  async stop(graceMs: number): Promise<void> {
    this.#stopping.abort();
    await within(this.#options.clock, graceMs, Promise.all(this.#writing));
  }

  /** A sensor's clock may be wrong, and a time to come would stay the last one. */
  #deltaOf({ severity, time }: Finding): Delta {
    const last = new Date(Math.min(Date.parse(time), this.#options.clock.now()));
    // metav1.Time has whole seconds.
    return { [severity.toLowerCase()]: 1, last: `${last.toISOString().slice(0, 19)}Z` };
  }

  #follow(work: Promise<void>): void {
    this.#writing.add(work);
    void work.finally(() => this.#writing.delete(work));
  }

  async #writeSoon(key: string): Promise<void> {
    const { clock } = this.#options;
    let wait = GATHER_MS;
    for (let tries = 1; wait > 0; tries += 1) {
      await sleep(clock, wait, this.#stopping.signal);
      wait = await this.#tryWrite(key, tries);
    }
  }

  /** Milliseconds until the next try; 0 when there is nothing more to do. */
  async #tryWrite(key: string, tries: number): Promise<number> {
    const due = this.#unwritten.get(key);
    if (due === undefined) return 0;
    try {
      const written = await addToStatus(this.#options, due);
      this.#options.metrics.status('written');
      this.#keepRest(key, due, written);
      return 0;
    } catch (error) {
      return this.#afterFailure(key, due, { tries, error });
    }
  }

  #afterFailure(key: string, due: Unwritten, { tries, error }: { tries: number; error: unknown }): number {
    const { log, metrics, random } = this.#options;
    const isGone = isNotFound(error);
    if (isGone || (this.#stopping.signal.aborted && tries > LAST_TRIES)) {
      this.#unwritten.delete(key);
      if (!isGone) metrics.status('failed');
      return 0;
    }
    metrics.status('retried');
    const isRace = isConflict(error);
    // The server has said that it was not written.
    if (isRace) this.#unwritten.set(key, { policy: due.policy, delta: due.delta });
    if (!isRace) log.warn({ err: error }, `status.findings could not be written: ${describeError(error)}`);
    const longest = isRace ? RACE_MS : Math.min(LAST_RETRY_MS, GATHER_MS * 2 ** Math.min(tries, 10));
    return longest * (0.5 + random() / 2);
  }

  /** What came while the write was on its way waits for the next one. */
  #keepRest(key: string, due: Unwritten, written: Delta): void {
    this.#unwritten.delete(key);
    if (due.delta === written) return;
    this.#unwritten.set(key, { policy: due.policy, delta: minus(due.delta, written) });
    this.#follow(this.#writeSoon(key));
  }
}

type CountedPolicy = KubeObject & { status?: { findings?: FindingCounts } };

/** Resolves with what is written of it. Rejects with a conflict when another has written in between. */
async function addToStatus({ client }: PolicyCountsOptions, due: Unwritten): Promise<Delta> {
  const { metadata, status } = await client.get<CountedPolicy>(agentPolicies, due.policy);
  const { delta, attempted } = due;
  // Another policy of this name: what was found under the one before is not its.
  if (metadata.uid !== due.policy.uid) return delta;
  if (attempted !== undefined && isDeepStrictEqual(status?.findings, attempted.findings)) return attempted.delta;
  const findings = plus(status?.findings ?? none, delta);
  due.attempted = { findings, delta };
  const { name, namespace = '', uid, resourceVersion } = metadata;
  const object = { metadata: { name, namespace, uid, resourceVersion }, status: { findings } };
  await client.applyStatus(agentPolicies, object as KubeObject, { fieldManager: gatewayFieldManager, force: true });
  return delta;
}

const fields = ['critical', 'high', 'medium', 'low', 'info'] as const;
const none: FindingCounts = { critical: 0, high: 0, medium: 0, low: 0, info: 0, last: '1970-01-01T00:00:00Z' };

function plus<T extends Delta>(one: T, other: Delta): T {
  const sums = fields.flatMap((field) => {
    const sum = (one[field] ?? 0) + (other[field] ?? 0);
    return sum === 0 && one[field] === undefined ? [] : [[field, sum]];
  });
  return { ...one, ...Object.fromEntries(sums), last: later(one.last, other.last) };
}

function minus(one: Delta, other: Delta): Delta {
  const rest = fields.map((field) => [field, (one[field] ?? 0) - (other[field] ?? 0)]);
  return { ...Object.fromEntries(rest), last: one.last };
}

/** Both in the one form that {@link deltaOf} gives. */
function later(one: string, other: string): string {
  if (one > other) return one;
  return other;
}
