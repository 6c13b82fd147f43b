import { getSystemErrorName } from 'node:util';
import type { AcceptEvent, CloseEvent, ConnectEvent, UnixEvent } from '../decode/socket-events.ts';

/** What begins a connection, from either side. */
export type ConnectionStart = ConnectEvent | AcceptEvent | UnixEvent;

/** `failed`: it came to nothing, and the kernel gave no reason that says more. `unknown`: nothing tells, as of datagrams without an answer. */
export type ConnectionOutcome =
  | 'established'
  | 'refused'
  | 'timed_out'
  | 'reset'
  | 'unreachable'
  | 'failed'
  | 'unknown';

export interface ConnectionEnd {
  /** Nanoseconds since boot. */
  readonly time: bigint;
  readonly outcome: ConnectionOutcome;
  /** An errno's name, `unsent` or `abandoned`; `null` unless it failed. */
  readonly errorType: string | null;
  /** Bytes of payload; `null` where they are not known or told elsewhere. */
  readonly traffic: Traffic | null;
  /** It was still open when the job ended. */
  readonly isOpen: boolean;
  /** How many destinations the socket's bytes went to. */
  readonly destinations: number;
}

export interface Traffic {
  readonly sent: number;
  readonly received: number;
}

/** An end of which nothing was seen. */
export function unknownEnd(time: bigint, isOpen = false): ConnectionEnd {
  return { time, outcome: 'unknown', errorType: null, traffic: null, isOpen, destinations: 1 };
}

/** An attempt of a socket that was followed by another one without ever having sent a packet. */
export function unsentEnd(time: bigint): ConnectionEnd {
  return { ...unknownEnd(time), outcome: 'failed', errorType: 'unsent' };
}

/** What the kernel's last word says of a connection. */
export function endOf(event: CloseEvent): ConnectionEnd {
  const outcome = event.state === 'none' ? outcomeOfDatagrams(event) : outcomeOfTcp(event);
  const failed = outcome !== 'established' && outcome !== 'unknown';
  const traffic = { sent: event.sent, received: event.received };
  return { ...unknownEnd(event.time), outcome, errorType: failed ? errorTypeOf(event) : null, traffic };
}

const outcomes: Readonly<Record<string, ConnectionOutcome>> = {
  ECONNREFUSED: 'refused',
  ETIMEDOUT: 'timed_out',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  EHOSTDOWN: 'unreachable',
  ENETDOWN: 'unreachable',
};

/** After this side had said that it was done, nothing that follows is a failure; nor is its own reset, which leaves no error. */
function outcomeOfTcp({ state, errno }: CloseEvent): ConnectionOutcome {
  if (state === 'closing' || (state === 'established' && errno === 0)) return 'established';
  return outcomes[errnoName(errno)] ?? 'failed';
}

/** An answer counts more than an error, which may be of another destination. */
function outcomeOfDatagrams({ received, errno }: CloseEvent): ConnectionOutcome {
  if (received > 0) return 'established';
  return errno === 0 ? 'unknown' : (outcomes[errnoName(errno)] ?? 'failed');
}

function errorTypeOf({ state, errno }: CloseEvent): string {
  if (errno !== 0) return errnoName(errno);
  return state === 'unsent' ? 'unsent' : 'abandoned';
}

function errnoName(errno: number): string {
  return errno === 0 ? '' : getSystemErrorName(-errno);
}
