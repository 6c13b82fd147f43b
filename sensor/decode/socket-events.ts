import type { KernelEventFields } from './event-fields.ts';

/** An address and port on the network. */
export interface Endpoint {
  /** RFC 5952 text; an IPv4 address reached through an IPv6 socket is given as IPv4. */
  readonly address: string;
  /** 0 where the protocol has none. */
  readonly port: number;
}

/**
 * A connection was asked for (TCP, UDP), a datagram sent to an address (once for each socket, sender and destination), or a packet sent by a raw
 * or ping socket (once for each socket and destination).
 */
export interface ConnectEvent extends KernelEventFields, Endpoint {
  readonly kind: 'connect';
  /** Decimal; never used again for another socket. */
  readonly socket: string;
  /** `icmp` and `raw` are of raw and ping sockets. */
  readonly transport: 'tcp' | 'udp' | 'icmp' | 'raw';
  readonly family: 'ipv4' | 'ipv6';
  readonly hook: 'connect' | 'sendmsg' | 'packet';
}

/**
 * Where a TCP connection stood when it ended: `unsent` before the first packet (something on this machine was against it), `opening` in the handshake,
 * `established` in use, `closing` after this side had said that it was done. `none`: not TCP, which alone has states.
 */
export type ConnectionState = 'none' | 'unsent' | 'opening' | 'established' | 'closing';

/**
 * What the connect, accept or socket event of this socket began is over: once for each attempt of a TCP socket, else when the socket is closed.
 * The common fields are of the process that connected, listened, or made the raw socket.
 */
export interface CloseEvent extends KernelEventFields {
  readonly kind: 'close';
  readonly socket: string;
  /** `time` of the event that it ends; of datagrams the first one's. */
  readonly started: bigint;
  /** Bytes of payload, without what TCP sent again; of raw sockets with all headers above IP's. */
  readonly sent: number;
  readonly received: number;
  /** The errno that the kernel gave the socket for its end, or 0. */
  readonly errno: number;
  /** What it came from: see {@link ConnectionState}. */
  readonly state: ConnectionState;
}

/** A TCP connection from outside was established; the common fields are of the process that listens. */
export interface AcceptEvent extends KernelEventFields, Endpoint {
  readonly kind: 'accept';
  readonly socket: string;
  readonly family: 'ipv4' | 'ipv6';
  readonly peer: Endpoint;
}

/** A raw or ping socket was made. */
export interface SocketEvent extends KernelEventFields {
  readonly kind: 'socket';
  readonly socket: string;
  readonly family: 'ipv4' | 'ipv6';
  readonly type: 'raw' | 'ping';
  /** IPPROTO_… */
  readonly protocol: number;
}

/** A connection to the unix socket of a container engine was asked for. */
export interface UnixEvent extends KernelEventFields {
  readonly kind: 'unix';
  readonly socket: string;
  /** As given to connect(2). */
  readonly path: string;
}

/** A process asks for a connection to where the sensor hears what agents tell of themselves. */
export interface SpeakerEvent extends KernelEventFields {
  readonly kind: 'speaker';
  /** As in {@link ConnectEvent}. */
  readonly socket: string;
  /** The speaker's end, IPv4. */
  readonly address: string;
  readonly port: number;
  /** The port of 127.0.0.1 that it asks for. */
  readonly receiver: number;
}
