import {
  bytesReceived,
  bytesSent,
  connectionOpen,
  connectionOutcome,
  socketDestinations,
} from '../../crds/attributes.ts';
import type { AcceptEvent, ConnectEvent, Endpoint } from '../decode/socket-events.ts';
import type { ConnectionEnd, ConnectionStart } from './connection-end.ts';
import type { ConnectionName } from './connection-name.ts';
import type { Attributes, FinishedSpan, SpanKind } from './finished-span.ts';
import { answerEvent } from './lookup-span.ts';
import type { Placement } from './process-span.ts';
import { known, maxName, printable } from './text.ts';

export interface ConnectionView {
  readonly event: ConnectionStart;
  readonly end: ConnectionEnd;
  readonly name: ConnectionName;
  readonly offset: bigint;
}

/** A connection from where it was asked for, or accepted, to its end. */
export function connectionSpan(at: Placement, { event, end, name, offset }: ConnectionView): FinishedSpan {
  return {
    ...at,
    name: connectionName(event, name.host),
    kind: connectionKind(event),
    start: event.time + offset,
    end: end.time + offset,
    attributes: known({
      ...peerAttributes(event, name.host),
      ...name.attributes,
      [connectionOutcome]: end.outcome,
      [connectionOpen]: end.isOpen || null,
      [bytesSent]: end.traffic?.sent,
      [bytesReceived]: end.traffic?.received,
      [socketDestinations]: end.destinations > 1 ? end.destinations : null,
      'error.type': end.errorType,
    }),
    events: name.answer === null ? [] : [answerEvent(name.answer, offset)],
    links: [],
    error: end.errorType === null ? null : {},
    priority: false,
  };
}

export function connectionKind(event: Pick<ConnectionStart, 'kind'>): SpanKind {
  return event.kind === 'accept' ? 'server' : 'client';
}

/** `connect github.com:443`, without a name `connect 192.0.2.1:443`, and `connect [2001:db8::1]:443` so that the port stays readable; what is accepted is named by the own address. */
export function connectionName(event: ConnectionStart, host: string | null): string {
  if (event.kind === 'unix') return printable(`connect ${event.path}`, maxName);
  return printable(
    `${event.kind} ${hostAndPort(host === null ? event : { address: host, port: event.port })}`,
    maxName,
  );
}

function hostAndPort({ address, port }: Endpoint): string {
  if (port === 0) return address;
  return `${address.includes(':') ? `[${address}]` : address}:${port}`;
}

function peerAttributes(event: ConnectionStart, host: string | null): Attributes {
  if (event.kind === 'unix') return { 'server.address': printable(event.path), 'network.transport': 'unix' };
  return known({
    'server.address': host ?? event.address,
    'server.port': event.port === 0 ? null : event.port,
    ...(event.kind === 'accept' ? acceptedPeer(event) : connectedPeer(event)),
    'network.type': event.family,
  });
}

function connectedPeer({ address, port, transport }: ConnectEvent) {
  return {
    'network.transport': transport,
    'network.peer.address': address,
    'network.peer.port': port === 0 ? null : port,
  };
}

function acceptedPeer({ peer }: AcceptEvent) {
  return {
    'client.address': peer.address,
    'client.port': peer.port,
    'network.transport': 'tcp',
    'network.peer.address': peer.address,
    'network.peer.port': peer.port,
  };
}
