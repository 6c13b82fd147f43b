import type { Clock } from '../runtime/clock.ts';
import { BoundedMap } from './bounded-map.ts';
import { GatewayRefusal } from './refusal.ts';

/** What the gateway holds at once, and what one pod may send. */
export interface GatewayLimits {
  /** Requests in flight, and bytes of their bodies. */
  requests: number;
  bytes: number;
  /** Connections from one address: a sensor has three; with its address translated on the way, a node's all have the same. */
  connectionsPerAddress: number;
  /** Requests of one pod in flight. */
  requestsPerPod: number;
  /** A pod's requests and bytes a second, on average; `burstSeconds` of it may come at once. */
  requestsPerSecond: number;
  bytesPerSecond: number;
  burstSeconds: number;
}

/** One replica in 256 MiB: bodies are held once as bytes and once parsed. A job's trace is 1 MB by its budget. */
export const DEFAULT_LIMITS: GatewayLimits = {
  requests: 64,
  bytes: 32 * 1024 * 1024,
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
  /** One request of this pod, with a body of this many bytes. */
  enterPod(uid: string, bytes: number): () => void;
}

interface Allowance {
  requests: number;
  bytes: number;
  inFlight: number;
  at: number;
}

export function createAdmission(clock: Clock, limits: GatewayLimits): Admission {
  const pods = new BoundedMap<Allowance>(MAX_PODS);
  const held = { requests: 0, bytes: 0 };

  return {
    enter(bytes) {
      if (held.requests >= limits.requests)
        throw tooMuch('gateway-busy', 'the gateway serves as many requests as it can', 1);
      if (held.bytes + bytes > limits.bytes)
        throw tooMuch('gateway-full', 'the gateway holds as many bytes as it can', 1);
      held.requests += 1;
      held.bytes += bytes;
      return () => {
        held.requests -= 1;
        held.bytes -= bytes;
      };
    },
    enterPod(uid, bytes) {
      const allowance = refill(pods.get(uid), limits, clock.now());
      pods.set(uid, allowance);
      if (allowance.inFlight >= limits.requestsPerPod)
        throw tooMuch('pod-busy', 'this pod has too many requests in flight', 1);
      const wait = Math.max(
        (1 - allowance.requests) / limits.requestsPerSecond,
        -allowance.bytes / limits.bytesPerSecond,
      );
      if (wait > 0) throw tooMuch('pod-rate', 'this pod sends more than its share', Math.max(1, Math.ceil(wait)));
      allowance.requests -= 1;
      allowance.bytes -= bytes;
      allowance.inFlight += 1;
      return () => {
        allowance.inFlight -= 1;
      };
    },
  };
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
