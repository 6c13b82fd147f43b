import type { Logger } from 'pino';
import { describeError } from '../../crds/errors.ts';
import type { KubeClient } from '../kube/client.ts';
import { isNotFound } from '../kube/errors.ts';
import type { KubeObject } from '../kube/objects.ts';
import { leases } from '../kube/resources.ts';
import { type Clock, sleep } from './clock.ts';

/** controller-runtime's defaults. */
const LEASE_MS = 15_000;
const RENEW_DEADLINE_MS = 10_000;
const RETRY_MS = 2_000;
const JITTER = 1.2;

export interface LeaseOptions {
  client: KubeClient;
  clock: Clock;
  /** Between 0 and 1, for jitter. */
  random: () => number;
  log: Logger;
  namespace: string;
  name: string;
  /** Who we are: unique to this process. */
  identity: string;
  /** Told when another process took over, and when it is us (controller-runtime's `leader_election_master_status`). */
  observe: (isLeader: boolean) => void;
}

/** The right to be the one replica that writes. */
export interface Lease {
  /** Resolves true when the lease is ours; false when the signal aborts first. */
  acquire(signal: AbortSignal): Promise<boolean>;
  /** Resolves when the lease, once ours, could not be renewed in time; we must write no more. */
  readonly lost: Promise<void>;
  /** Ends renewal and lets a successor start at once. */
  release(): Promise<void>;
}

interface LeaseSpec {
  holderIdentity?: string;
  leaseDurationSeconds?: number;
  acquireTime?: string;
  renewTime?: string;
  leaseTransitions?: number;
}

interface LeaseObject extends KubeObject {
  spec?: LeaseSpec;
}

/** The lease as last seen, and when we saw it change: remote clocks are never compared with ours. */
interface Observation {
  record: string;
  at: number;
}

/** Makes a leader election on a Lease, with client-go's semantics. */
export function createLease(options: LeaseOptions): Lease {
  return new LeaderElection(options);
}

class LeaderElection implements Lease {
  readonly lost: Promise<void>;
  readonly #options: LeaseOptions;
  readonly #onLost: () => void;
  readonly #stopping = new AbortController();
  readonly #seen: Observation = { record: '', at: 0 };
  #renewal: Promise<void> | undefined;

  constructor(options: LeaseOptions) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.lost = promise;
    this.#onLost = resolve;
    this.#options = options;
  }

  async acquire(signal: AbortSignal): Promise<boolean> {
    const { clock, observe, random } = this.#options;
    observe(false);
    while (!signal.aborted) {
      const startedAt = clock.now();
      if (await this.#attempt()) {
        observe(true);
        this.#renewal = this.#keepRenewing(startedAt);
        return true;
      }
      await sleep(clock, RETRY_MS * (1 + (JITTER - 1) * random()), signal);
    }
    return false;
  }

  async #attempt(): Promise<boolean> {
    const { log, name } = this.#options;
    try {
      return await acquireOrRenew(this.#options, this.#seen);
    } catch (error) {
      log.warn({ err: error }, `the lease ${name} could not be renewed: ${describeError(error)}`);
      return false;
    }
  }

  async #keepRenewing(acquiredAt: number): Promise<void> {
    const { clock, observe } = this.#options;
    const { signal } = this.#stopping;
    let renewedAt = acquiredAt;
    while (!signal.aborted && clock.now() - renewedAt < RENEW_DEADLINE_MS) {
      await sleep(clock, RETRY_MS, signal);
      const startedAt = clock.now();
      if (!signal.aborted && (await this.#attemptUntil(renewedAt + RENEW_DEADLINE_MS))) renewedAt = startedAt;
    }
    observe(false);
    if (!signal.aborted) this.#onLost();
  }

  /** A request that hangs must not carry us past the deadline: another replica could lead by then. */
  async #attemptUntil(deadline: number): Promise<boolean> {
    const { clock } = this.#options;
    const ended = new AbortController();
    const tooLate = sleep(clock, Math.max(0, deadline - clock.now()), ended.signal).then(() => false);
    try {
      return await Promise.race([this.#attempt(), tooLate]);
    } finally {
      ended.abort();
    }
  }

  async release(): Promise<void> {
    const { log, name } = this.#options;
    this.#stopping.abort();
    if (this.#renewal === undefined) return;
    await this.#renewal;
    await giveUp(this.#options).catch((error) =>
      log.warn({ err: error }, `the lease ${name} could not be released: ${describeError(error)}`),
    );
  }
}

/** One try to become or stay the holder. False while another one holds it. */
async function acquireOrRenew(options: LeaseOptions, seen: Observation): Promise<boolean> {
  const { client, clock, identity } = options;
  const current = await readLease(options);
  if (current === undefined) {
    await client.create(
      leases,
      leaseOf(options, { ...holding(options), acquireTime: microTime(clock), leaseTransitions: 0 }),
    );
    return true;
  }
  const spec = current.spec ?? {};
  observeRecord(spec, seen, clock);
  const isOurs = spec.holderIdentity === identity;
  const isHeld = (spec.holderIdentity ?? '') !== '';
  if (isHeld && !isOurs && seen.at + durationMs(spec) > clock.now()) return false;
  const start = isOurs
    ? { acquireTime: spec.acquireTime ?? microTime(clock), leaseTransitions: spec.leaseTransitions ?? 0 }
    : { acquireTime: microTime(clock), leaseTransitions: (spec.leaseTransitions ?? 0) + 1 };
  await client.update(leases, { ...current, spec: { ...spec, ...holding(options), ...start } } as LeaseObject);
  return true;
}

async function readLease({ client, namespace, name }: LeaseOptions): Promise<LeaseObject | undefined> {
  try {
    return await client.get<LeaseObject>(leases, { namespace, name });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

function observeRecord(spec: LeaseSpec, seen: Observation, clock: Clock): void {
  const record = JSON.stringify(spec);
  if (record === seen.record) return;
  seen.record = record;
  seen.at = clock.now();
}

/** The holder's own word for how long it may stay silent. */
function durationMs({ leaseDurationSeconds }: LeaseSpec): number {
  return leaseDurationSeconds === undefined ? LEASE_MS : leaseDurationSeconds * 1000;
}

function holding({ identity, clock }: LeaseOptions): LeaseSpec {
  return { holderIdentity: identity, leaseDurationSeconds: LEASE_MS / 1000, renewTime: microTime(clock) };
}

function leaseOf({ namespace, name }: LeaseOptions, spec: LeaseSpec): LeaseObject {
  return { metadata: { namespace, name }, spec };
}

/** Leaves the lease without holder, if it is still ours. */
async function giveUp(options: LeaseOptions): Promise<void> {
  const current = await readLease(options);
  if (current?.spec?.holderIdentity !== options.identity) return;
  const spec: LeaseSpec = {
    ...current.spec,
    holderIdentity: '',
    leaseDurationSeconds: 1,
    renewTime: microTime(options.clock),
  };
  await options.client.update(leases, { ...current, spec } as LeaseObject);
}

/** `metav1.MicroTime`: six decimals, always. */
function microTime(clock: Clock): string {
  return new Date(clock.now()).toISOString().replace('Z', '000Z');
}
