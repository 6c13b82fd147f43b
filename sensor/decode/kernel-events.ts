import type { FileEvent } from './file-events.ts';
import type { DnsEvent, OpeningEvent } from './name-events.ts';
import type { ArgvEvent, CredentialsEvent, ExecEvent, ExitEvent, ForkEvent } from './process-events.ts';
import type { MemoryEvent, PrivilegeEvent } from './reach-events.ts';
import type { AcceptEvent, CloseEvent, ConnectEvent, SocketEvent, SpeakerEvent, UnixEvent } from './socket-events.ts';

export type KernelEvent =
  | ForkEvent
  | ExecEvent
  | ExitEvent
  | ConnectEvent
  | CloseEvent
  | AcceptEvent
  | SocketEvent
  | UnixEvent
  | DnsEvent
  | OpeningEvent
  | ArgvEvent
  | CredentialsEvent
  | FileEvent
  | MemoryEvent
  | PrivilegeEvent
  | SpeakerEvent;

/** Every kind of kernel event, which is also its class in all accounts. */
export const eventClasses = [
  'fork',
  'exec',
  'exit',
  'connect',
  'close',
  'accept',
  'socket',
  'unix',
  'dns',
  'opening',
  'argv',
  'credentials',
  'file',
  'memory',
  'privilege',
  'speaker',
] as const satisfies readonly KernelEvent['kind'][];

/** A count for each class of kernel event. */
export type EventCounts = Readonly<Record<KernelEvent['kind'], number>>;

/** The counts that a function gives for each class. */
export function countEach(count: (eventClass: KernelEvent['kind']) => number): EventCounts {
  return Object.fromEntries(eventClasses.map((each) => [each, count(each)])) as EventCounts;
}

export function totalOf(counts: EventCounts): number {
  return eventClasses.reduce((total, each) => total + counts[each], 0);
}
