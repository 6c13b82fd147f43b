import type { Clock } from '../runtime/clock.ts';
import { BoundedMap } from './bounded-map.ts';
import type { PodIdentity } from './identity.ts';
import { GatewayRefusal } from './refusal.ts';

/** What the gateway holds at once, and what one pod may send. */
export interface GatewayLimits {
  /** Requests in flight, and bytes of their bodies; pods of one namespace hold two thirds of either at most. */
  requests: number;
  bytes: number;
  /** Connections at once; where there is no room for another one, the address with the most gives one up. */
  connections: number;
  /** Connections from one address: a sensor has three; with its address translated on the way, a node's all have the same. */
  connectionsPerAddress: number;
  /** Requests of one pod in flight. */
  requestsPerPod: number;
  /** A pod's requests and bytes a second, on average; `burstSeconds` of it may come at once. */
  requestsPerSecond: number;
  bytesPerSecond: number;
  burstSeconds: number;
}

/**
 * One replica in 384 MiB: bodies are held once as bytes and once parsed, a connection that says nothing holds 52 to 72 KB, and a gateway that does
 * nothing 123 MB (measured with 1,000 to 3,000 of them). A job's trace is 1 MB by its budget.
 */
export const DEFAULT_LIMITS: GatewayLimits = {
  requests: 64,
  bytes: 32 * 1024 * 1024,
  connections: 2_000,
  connectionsPerAddress: 512,
  requestsPerPod: 4,
  requestsPerSecond: 5,
  bytesPerSecond: 1024 * 1024,
  burstSeconds: 8,
};

/** Sensors come and go by the thousand; a pod that is forgotten starts with a full allowance again. */
const MAX_PODS = 10_000;

/** Keeps the limits. Each method throws a {@link GatewayRefusal} (429) or returns a function that gives back what was taken. */
export interface Admission {
  /** A place and room for a body of this many bytes. */
  enter(bytes: number): () => void;
  /** One request of this pod, with a body of this many bytes, that has a place already. */
  enterPod(pod: Pick<PodIdentity, 'uid' | 'namespace'>, bytes: number): () => void;
}

interface Held {
  requests: number;
  bytes: number;
}

/** A namespace may hold so many times what is free: alone two thirds, and however many want all, some is left for the next. */
const SHARE_OF_FREE = 2;

interface Allowance {
  requests: number;
  bytes: number;
  inFlight: number;
  at: number;
}

export function createAdmission(clock: Clock, limits: GatewayLimits): Admission {
  const pods = new BoundedMap<Allowance>(MAX_PODS);
  const namespaces = new Map<string, Held>();
  const held: Held = { requests: 0, bytes: 0 };

  function enterNamespace(namespace: string, bytes: number): () => void {
    const own = namespaces.get(namespace) ?? { requests: 0, bytes: 0 };
    const mayHold = (what: keyof Held): boolean => own[what] <= SHARE_OF_FREE * (limits[what] - held[what]);
    if (!mayHold('requests') || !mayHold('bytes'))
      throw tooMuch('namespace-busy', 'pods of this namespace hold as much of the gateway as they may', 1);
    namespaces.set(namespace, own);
    return hold(own, bytes, () => {
      if (own.requests === 0) namespaces.delete(namespace);
    });
  }

  return {
    enter(bytes) {
      if (held.requests >= limits.requests)
        throw tooMuch('gateway-busy', 'the gateway serves as many requests as it can', 1);
      if (held.bytes + bytes > limits.bytes)
        throw tooMuch('gateway-full', 'the gateway holds as many bytes as it can', 1);
      return hold(held, bytes);
    },
    enterPod({ uid, namespace }, bytes) {
      const allowance = refill(pods.get(uid), limits, clock.now());
      pods.set(uid, allowance);
      if (allowance.inFlight >= limits.requestsPerPod)
        throw tooMuch('pod-busy', 'this pod has too many requests in flight', 1);
      const wait = waitOf(allowance, limits);
      if (wait > 0) throw tooMuch('pod-rate', 'this pod sends more than its share', Math.max(1, Math.ceil(wait)));
      const leave = enterNamespace(namespace, bytes);
      allowance.requests -= 1;
      allowance.bytes -= bytes;
      allowance.inFlight += 1;
      return () => {
        allowance.inFlight -= 1;
        leave();
      };
    },
  };
}

/** Adds a request to what is held; the returned function takes it off again. */
function hold(what: Held, bytes: number, after: () => void = () => {}): () => void {
  what.requests += 1;
  what.bytes += bytes;
  return () => {
    what.requests -= 1;
    what.bytes -= bytes;
    after();
  };
}

/** Seconds until the pod may send again. */
function waitOf({ requests, bytes }: Allowance, { requestsPerSecond, bytesPerSecond }: GatewayLimits): number {
  return Math.max((1 - requests) / requestsPerSecond, -bytes / bytesPerSecond);
}

/** Bytes may be overdrawn once, so that a large body is not turned away for ever. */
function refill(before: Allowance | undefined, limits: GatewayLimits, now: number): Allowance {
  const full = {
    requests: limits.requestsPerSecond * limits.burstSeconds,
    bytes: limits.bytesPerSecond * limits.burstSeconds,
  };
  if (before === undefined) return { ...full, inFlight: 0, at: now };
  const seconds = Math.max(0, now - before.at) / 1000;
  before.requests = Math.min(full.requests, before.requests + seconds * limits.requestsPerSecond);
  before.bytes = Math.min(full.bytes, before.bytes + seconds * limits.bytesPerSecond);
  before.at = now;
  return before;
}

function tooMuch(code: string, what: string, retryAfterSeconds: number): GatewayRefusal {
  return new GatewayRefusal(code, `${what}; send again in ${retryAfterSeconds} s`, { status: 429, retryAfterSeconds });
}
