import type { CoverageRow } from './row.ts';

const connection = { subject: 'Connection', event: 'connect', sight: 'seen' } as const;
const ending = { subject: 'End of a connection', event: 'close', sight: 'seen' } as const;
const unseen = { event: null, sight: 'not seen', test: null } as const;
const toldWhole = (how: string): string => `a connection ${how} is told from both sides to its end, with its bytes`;

/** Everything about sockets: who connects where, by every path. */
export const networkRows: readonly CoverageRow[] = [
  { ...connection, path: 'TCP over IPv4', test: toldWhole('by TCP over IPv4') },
  { ...connection, path: 'TCP over IPv6', test: toldWhole('by TCP over IPv6') },
  {
    ...connection,
    path: 'TCP to an IPv4 address through an IPv6 socket',
    test: toldWhole('by TCP to an IPv4 address through an IPv6 socket'),
  },
  {
    ...connection,
    path: 'TCP fast open (`sendto`)',
    test: 'a connection by TCP fast open is told to its end, with its bytes',
  },
  { ...connection, path: 'multipath TCP', test: toldWhole('by multipath TCP') },
  { ...connection, path: 'io_uring connect', test: toldWhole('by io_uring') },
  {
    ...connection,
    path: 'UDP connect, sendto, sendmsg over IPv4',
    test: 'datagrams are told with their bytes both ways (4)',
  },
  { ...connection, path: 'the same over IPv6', test: 'datagrams are told with their bytes both ways (6)' },
  {
    ...connection,
    path: 'the same to an IPv4 address through an IPv6 socket',
    test: 'datagrams are told with their bytes both ways (46)',
  },
  { ...connection, path: 'UDP sendmmsg', test: 'datagrams by sendmmsg are told, and their bytes' },
  { ...connection, path: 'io_uring sendmsg', test: 'a datagram by io_uring is told' },
  {
    ...connection,
    path: 'the next datagrams of a socket to the same destination',
    sight: { seen: 'as bytes of the first' },
    test: 'datagrams are told once for each socket and destination',
  },
  {
    ...connection,
    path: 'raw socket',
    test: 'a packet with a header made by hand is told by where it goes',
    note: 'Once for each socket and destination; ports are not read.',
  },
  {
    ...connection,
    path: 'ping socket',
    test: 'a ping socket is told when it is made, when it first sends, and at its end',
  },
  {
    ...connection,
    path: 'a socket that another process of the pod made',
    test: 'a socket that is handed on is told of the program that uses it',
  },
  {
    ...connection,
    ...unseen,
    path: 'a socket that was made outside the pod',
    note: 'The hooks go by the socket’s cgroup.',
  },
  { ...connection, ...unseen, path: 'AF_PACKET', note: 'Take CAP_NET_RAW from runner containers.' },
  { ...connection, ...unseen, path: 'AF_XDP', note: 'It needs rights that runner containers do not have.' },
  {
    ...connection,
    ...unseen,
    path: 'AF_VSOCK, to the machine that a virtual node runs on',
    note: 'It takes no right; containerd’s default seccomp profile refuses it (`seccompProfile: {type: RuntimeDefault}` on the runner’s container).',
  },
  {
    ...connection,
    ...unseen,
    path: 'SCTP, DCCP, L2TP',
    note: 'A process without rights can have the kernel load their modules: forbid them on the nodes (`install sctp /bin/false` in modprobe.d).',
  },
  {
    subject: 'Raw and ping sockets',
    path: 'socket(2)',
    event: 'socket',
    sight: 'seen',
    test: 'a raw socket is told when it is made, when it first sends, and at its end',
  },
  {
    subject: 'Connection from outside',
    path: 'TCP accept',
    event: 'accept',
    sight: 'seen',
    test: toldWhole('by TCP over IPv4'),
    note: 'On the process that called listen(2), whichever calls accept(2).',
  },
  {
    subject: 'Connection from outside',
    ...unseen,
    path: 'datagrams to a socket that sends none',
    note: 'Their bytes are told with those of the first that the socket sends.',
  },
  {
    subject: 'Container engine',
    path: 'unix socket of docker or containerd',
    event: 'unix',
    sight: { seen: 'since Linux 6.7' },
    test: 'connections to the sockets of container engines are told where the kernel has a hook for it, and no others',
    note: 'By the name at the end of the path as it was given: a link of another name passes. How it ended is not told.',
  },
  {
    subject: 'Speaker',
    path: 'TCP to 127.0.0.1 at the port where agents are heard',
    event: 'speaker',
    sight: 'seen',
    test: 'who asks for a connection to where agents are heard is told by what the other end sees, and nobody else is',
    note: 'By any socket, as the first packet is sent; the receiver knows the speaker by address and port.',
  },
  { ...ending, path: 'duration and bytes each way', test: toldWhole('by TCP over IPv4') },
  {
    ...ending,
    path: 'refused',
    test: 'refusals are told, of TCP and of UDP',
    note: 'Of datagrams only where the socket was connected: otherwise the kernel keeps the refusal to itself.',
  },
  { ...ending, path: 'reset', test: 'a reset is told of the side that it came to, and not of the other' },
  { ...ending, path: 'timed out', test: 'a handshake without an answer is told as timed out' },
  { ...ending, path: 'given up', test: 'a handshake that is not waited for is told as abandoned' },
  { ...ending, path: 'no route', test: 'a connection that this machine has no route for is told as unsent' },
];
