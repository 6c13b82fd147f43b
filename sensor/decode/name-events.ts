import type { KernelEventFields } from './event-fields.ts';
import type { ConnectEvent } from './socket-events.ts';

/** A datagram that a socket sent to a resolver or received from one, or what one segment of a TCP stream with it carried. */
export interface DnsEvent extends KernelEventFields {
  readonly kind: 'dns';
  /** As in {@link ConnectEvent}. */
  readonly socket: string;
  readonly direction: 'sent' | 'received';
  /** The resolver's, as the process knows it: before any translation of addresses where the socket is connected to it. */
  readonly address: string;
  readonly port: number;
  readonly transport: 'tcp' | 'udp';
  readonly family: 'ipv4' | 'ipv6';
  /** At most the first 4 KiB; the frame's own memory. */
  readonly bytes: Uint8Array;
  /** How many bytes there were. */
  readonly sent: number;
  /** Of several datagrams that passed as one packet (udp(7), UDP_SEGMENT), how many bytes each but the last has; else 0. */
  readonly segment: number;
  /** Of the first byte in its TCP stream, modulo 2^32; 0 of UDP. */
  readonly sequence: number;
}

/** The first payload sent on a TCP connection, if it looks like a TLS ClientHello or an HTTP `CONNECT`. */
export interface OpeningEvent extends KernelEventFields {
  readonly kind: 'opening';
  /** As in {@link ConnectEvent}. */
  readonly socket: string;
  /** At most the first 2 KiB; the frame's own memory. */
  readonly bytes: Uint8Array;
  /** How many bytes were sent at once. */
  readonly sent: number;
}
