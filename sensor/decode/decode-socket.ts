import { fields } from './fields.ts';
import { formatAddress } from './format-address.ts';
import {
  acceptEventSize,
  closeEventSize,
  connectEventSize,
  connectHook,
  type RawEventHeader,
  readAcceptEvent,
  readCloseEvent,
  readConnectEvent,
  readSocketEvent,
  readSpeakerEvent,
  readUnixEvent,
  socketEventSize,
  speakerEventSize,
  unixEventSize,
} from './layout.gen.ts';
import type {
  AcceptEvent,
  CloseEvent,
  ConnectEvent,
  ConnectionState,
  SocketEvent,
  SpeakerEvent,
  UnixEvent,
} from './socket-events.ts';

const transports = new Map<number, 'tcp' | 'udp' | 'icmp'>([
  [1, 'icmp'],
  [6, 'tcp'],
  [17, 'udp'],
  [58, 'icmp'], // of IPv6
  [136, 'udp'], // UDP-Lite
  [262, 'tcp'], // MPTCP
]);

const hooks = new Map<number, ConnectEvent['hook']>([
  [connectHook.connect, 'connect'],
  [connectHook.sendmsg, 'sendmsg'],
  [connectHook.packet, 'packet'],
]);

/** By the kernel's number (include/net/tcp_states.h): ESTABLISHED is 1, NEW_SYN_RECV 12. */
const states: readonly ConnectionState[] = [
  'none',
  'established',
  'opening', // SYN_SENT
  'opening', // SYN_RECV
  'closing', // FIN_WAIT1
  'closing', // FIN_WAIT2
  'closing', // TIME_WAIT
  'unsent', // CLOSE
  'established', // CLOSE_WAIT
  'closing', // LAST_ACK
  'none', // LISTEN
  'closing', // CLOSING
];

export function decodeConnect(frame: Buffer, view: DataView, header: RawEventHeader): ConnectEvent | 'malformed' {
  if (frame.length < connectEventSize) return 'malformed';
  const connect = readConnectEvent(view, 0);
  const hook = hooks.get(connect.hook);
  const target = formatAddress(connect.family, connect.addr);
  if (hook === undefined || target === null) return 'malformed';
  const transport = transportOf(connect.protocol, hook === 'packet');
  if (transport === null) return 'malformed';
  const socket = connect.socket.toString();
  return { ...fields(header), kind: 'connect', socket, ...target, port: connect.port, transport, hook };
}

export function decodeClose(frame: Buffer, view: DataView, header: RawEventHeader): CloseEvent | 'malformed' {
  if (frame.length < closeEventSize) return 'malformed';
  const close = readCloseEvent(view, 0);
  return {
    ...fields(header),
    kind: 'close',
    socket: close.socket.toString(),
    started: close.started,
    sent: Number(close.sent),
    received: Number(close.received),
    errno: close.error,
    state: states[close.state] ?? 'none',
  };
}

export function decodeAccept(frame: Buffer, view: DataView, header: RawEventHeader): AcceptEvent | 'malformed' {
  if (frame.length < acceptEventSize) return 'malformed';
  const accept = readAcceptEvent(view, 0);
  const own = formatAddress(accept.family, accept.addr);
  const peer = formatAddress(accept.family, accept.peerAddr);
  if (own === null || peer === null) return 'malformed';
  return {
    ...fields(header),
    kind: 'accept',
    socket: accept.socket.toString(),
    ...own,
    port: accept.port,
    peer: { address: peer.address, port: accept.peerPort },
  };
}

export function decodeSocket(frame: Buffer, view: DataView, header: RawEventHeader): SocketEvent | 'malformed' {
  if (frame.length < socketEventSize) return 'malformed';
  const { socket, family, type, protocol } = readSocketEvent(view, 0);
  return {
    ...fields(header),
    kind: 'socket',
    socket: socket.toString(),
    family: family === 4 ? 'ipv4' : 'ipv6',
    type: type === rawType ? 'raw' : 'ping',
    protocol,
  };
}

export function decodeUnix(frame: Buffer, view: DataView, header: RawEventHeader): UnixEvent | 'malformed' {
  if (frame.length < unixEventSize) return 'malformed';
  const { socket, path } = readUnixEvent(view, 0);
  const end = path.indexOf(0);
  const text = Buffer.from(end === -1 ? path : path.subarray(0, end)).toString();
  return { ...fields(header), kind: 'unix', socket: socket.toString(), path: text };
}

export function decodeSpeaker(frame: Buffer, view: DataView, header: RawEventHeader): SpeakerEvent | 'malformed' {
  if (frame.length < speakerEventSize) return 'malformed';
  const { socket, addr, port, receiver } = readSpeakerEvent(view, 0);
  return { ...fields(header), kind: 'speaker', socket: socket.toString(), address: addr.join('.'), port, receiver };
}

/** SOCK_RAW (include/linux/net.h). */
const rawType = 3;

/** A raw socket may carry any protocol, also TCP and UDP made by hand. */
function transportOf(protocol: number, isRaw: boolean): ConnectEvent['transport'] | null {
  const transport = transports.get(protocol) ?? null;
  if (isRaw) return transport === 'icmp' ? 'icmp' : 'raw';
  return transport === 'icmp' ? null : transport;
}
