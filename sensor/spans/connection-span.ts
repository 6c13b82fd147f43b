import type { ConnectEvent } from '../decode/events.ts';
import type { FinishedSpan } from './finished-span.ts';
import type { Placement } from './process-span.ts';
import { known } from './text.ts';

/** A connection that was asked for. The kernel event is one moment, so the span has no length. */
export function connectionSpan(at: Placement, event: ConnectEvent, offset: bigint): FinishedSpan {
  return {
    ...at,
    name: connectionName(event),
    kind: 'client',
    start: event.time + offset,
    end: event.time + offset,
    attributes: known({
      'server.address': event.address,
      'server.port': event.port,
      'network.transport': event.transport,
      'network.type': event.family,
      'network.peer.address': event.address,
      'network.peer.port': event.port,
    }),
    events: [],
    links: [],
    error: null,
    priority: false,
  };
}

/** `connect 192.0.2.1:443`, and `connect [2001:db8::1]:443` so that the port stays readable. */
export function connectionName(event: Pick<ConnectEvent, 'address' | 'port'>): string {
  const host = event.address.includes(':') ? `[${event.address}]` : event.address;
  return `connect ${host}:${event.port}`;
}
