import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { totalOf } from '../decode/kernel-events.ts';
import { receiver } from '../decode/layout.gen.ts';
import { type Observation, of } from '../probe/testing/observe.ts';
import type { KernelCase } from './kernel-case.ts';

const { ECONNREFUSED, ECONNRESET, ETIMEDOUT } = constants.errno;

/** Every way to connect, and every way for it to end; the deeds are in probe/testing/actor-network.h. */
export const networkCases: readonly KernelCase[] = [
  conversation('by TCP over IPv4', ['tcp', '4']),
  conversation('by TCP over IPv6', ['tcp', '6']),
  conversation('by TCP to an IPv4 address through an IPv6 socket', ['tcp', '46']),
  conversation('by multipath TCP', ['mptcp']),
  conversation('by io_uring', ['uring-connect']),
  {
    title: 'a connection by TCP fast open is told to its end, with its bytes',
    commands: (actor) => [[actor, 'fast-open']],
    check: (told) => {
      const [client, server] = bothSides(told);
      assert.deepEqual([client?.sent, client?.received], [500, 0]);
      assert.deepEqual([server?.sent, server?.received], [0, 500]);
    },
  },
  {
    title: 'a datagram by io_uring is told',
    commands: (actor) => [[actor, 'uring-send', '5000']],
    check: (told) => {
      assert.deepEqual(destinations(told), [['127.0.0.1', 5000, 'udp', 'sendmsg']]);
      assert.equal(told.closes[0]?.sent, 5);
    },
  },
  {
    title: 'datagrams by sendmmsg are told, and their bytes',
    commands: (actor) => [[actor, 'sendmmsg', '5000']],
    check: (told) => {
      assert.deepEqual(
        destinations(told).map(([, port]) => port),
        [5000, 5001],
      );
      assert.deepEqual(
        [told.closes.length, told.closes[0]?.sent, told.closes[0]?.socket],
        [1, 10, told.connects[0]?.socket],
      );
    },
  },
  ...(['4', '6', '46'] as const).map(datagrams),
  {
    title: 'refusals are told, of TCP and of UDP',
    commands: (actor) => [[actor, 'refused']],
    check: ({ closes, connects }) => {
      assert.equal(connects.length, 2);
      assert.deepEqual(closes.map(({ errno, state }) => [errno, state]).sort(), [
        [ECONNREFUSED, 'none'],
        [ECONNREFUSED, 'opening'],
      ]);
    },
  },
  {
    title: 'a reset is told of the side that it came to, and not of the other',
    commands: (actor) => [[actor, 'reset']],
    check: (told) => {
      const [client, server] = bothSides(told);
      assert.deepEqual([client?.errno, client?.state], [ECONNRESET, 'established']);
      assert.deepEqual([server?.errno, server?.state], [0, 'established']);
    },
  },
  {
    title: 'a handshake without an answer is told as timed out',
    commands: (actor) => [[actor, 'timeout']],
    check: ({ connects, closes }) => {
      const last = closes.find(({ socket }) => socket === connects.at(-1)?.socket);
      assert.deepEqual([last?.errno, last?.state], [ETIMEDOUT, 'opening']);
    },
  },
  {
    title: 'a handshake that is not waited for is told as abandoned',
    commands: (actor) => [[actor, 'abandon']],
    check: ({ connects, closes }) => {
      const last = closes.find(({ socket }) => socket === connects.at(-1)?.socket);
      assert.deepEqual([last?.errno, last?.state], [0, 'opening']);
    },
  },
  {
    title: 'a connection that this machine has no route for is told as unsent',
    commands: (actor) => [[actor, 'no-route']],
    check: ({ connects, closes }) => {
      assert.deepEqual([connects.length, closes.length], [1, 1]);
      assert.deepEqual([closes[0]?.state, closes[0]?.socket], ['unsent', connects[0]?.socket]);
      assert.equal(closes[0]?.started, connects[0]?.time);
    },
  },
  ...(['raw', 'ping'] as const).map(pings),
  {
    title: 'a packet with a header made by hand is told by where it goes',
    commands: (actor) => [[actor, 'hand-made', '5000']],
    check: (told) => {
      assert.deepEqual(
        told.sockets.map(({ type, protocol }) => [type, protocol]),
        [['raw', 255]],
      );
      assert.deepEqual(destinations(told), [['127.0.0.1', 0, 'raw', 'packet']]);
      assert.equal(told.closes[0]?.sent, 12);
    },
  },
  {
    title: 'a socket that is handed on is told of the program that uses it',
    commands: (actor) => [
      [actor, 'hand-on', 'tcp', '1'],
      [actor, 'hand-on', 'udp', '5000'],
    ],
    check: ({ connects, closes, execs }) => {
      const [first, tcpUser, second, udpUser] = execs.map(({ image }) => image);
      assert.deepEqual(
        connects.map(({ image }) => image),
        [tcpUser, second, udpUser],
      );
      assert.notEqual(first, tcpUser);
      assert.equal(connects[1]?.socket, connects[2]?.socket);
      assert.deepEqual([closes.length, closes[1]?.sent], [2, 2]);
    },
  },
  {
    title: 'connections to the sockets of container engines are told where the kernel has a hook for it, and no others',
    commands: (actor) => [
      [actor, 'unix', '/var/run/docker.sock', '/x/containerd.sock', 'podman.sock', '/x/other.sock'],
    ],
    check: ({ unixes, hello }) => {
      const seen = ['/var/run/docker.sock', '/x/containerd.sock', 'podman.sock'];
      const [major = 0, minor = 0] = hello.kernel.split('.').map(Number);
      assert.deepEqual(
        unixes.map(({ path }) => path),
        major > 6 || (major === 6 && minor >= 7) ? seen : [],
      );
    },
  },
  {
    title: 'who asks for a connection to where agents are heard is told by what the other end sees, and nobody else is',
    commands: (actor) => [
      [actor, 'speak', String(receiver.port + receiver.ports - 1)],
      [actor, 'speak', String(receiver.port + receiver.ports)],
    ],
    check: ({ events, accepts, connects, execs, exits }) => {
      assert.deepEqual(
        exits.map(({ code }) => code),
        [0, 0],
      );
      const speakers = of(events, 'speaker');
      assert.deepEqual(
        speakers.map(({ address, port, socket }) => [address, port, socket]),
        accepts.slice(0, 2).map(({ peer }, index) => [peer.address, peer.port, connects[index]?.socket]),
      );
      assert.deepEqual(new Set(speakers.map(({ image }) => image)), new Set([execs[0]?.image]));
    },
  },
  {
    title: "a storm of connections comes to the caller's own count, with nothing lost",
    commands: (actor) => [[actor, 'calls', '4', '500']],
    check: ({ connects, accepts, closes, exits, stats }) => {
      assert.deepEqual([exits[0]?.code, connects.length, accepts.length, closes.length], [0, 2000, 2000, 4000]);
      const begun = [...connects, ...accepts].map(({ socket, time }) => `${socket} ${time}`);
      assert.deepEqual(new Set(closes.map(({ socket, started }) => `${socket} ${started}`)), new Set(begun));
      assert.deepEqual([stats.produced.connect, stats.produced.close, stats.socketsFull], [2000, 4000, 0]);
      assert.equal(totalOf(stats.lost) + totalOf(stats.probeDropped), 0);
    },
  },
];

/** A connection over which 1,000 bytes go to a listener of the same process, and 3,000 back. */
function conversation(how: string, deed: readonly string[]): KernelCase {
  return {
    title: `a connection ${how} is told from both sides to its end, with its bytes`,
    commands: (actor) => [[actor, ...deed]],
    check: (told) => {
      const [client, server] = bothSides(told);
      const address = deed[1] === '6' ? '::1' : '127.0.0.1';
      assert.deepEqual(destinations(told), [[address, told.accepts[0]?.port, 'tcp', 'connect']]);
      assert.equal(told.accepts[0]?.peer.address, address);
      assert.deepEqual([client?.sent, client?.received, client?.errno, client?.state], [1000, 3000, 0, 'closing']);
      assert.deepEqual([server?.sent, server?.received, server?.errno, server?.state], [3000, 1000, 0, 'closing']);
      assert.deepEqual([client?.image, server?.image], [told.execs[0]?.image, told.execs[0]?.image]);
    },
  };
}

function datagrams(family: '4' | '6' | '46'): KernelCase {
  return {
    title: `datagrams are told with their bytes both ways (${family})`,
    commands: (actor) => [[actor, 'udp', family]],
    check: ({ connects, closes }) => {
      const address = family === '6' ? '::1' : '127.0.0.1';
      assert.deepEqual(
        connects.map((connect) => [connect.address, connect.hook]),
        [
          [address, 'sendmsg'],
          [address, 'sendmsg'],
        ],
      );
      const [client, server] = connects.map(({ socket }) => closes.find((close) => close.socket === socket));
      assert.deepEqual([client?.sent, client?.received, client?.state], [100, 300, 'none']);
      assert.deepEqual([server?.sent, server?.received], [300, 100]);
    },
  };
}

/** Three echo requests of 16 bytes: the raw socket also receives them, as loopback's own answers come to it. */
function pings(type: 'raw' | 'ping'): KernelCase {
  return {
    title: `a ${type} socket is told when it is made, when it first sends, and at its end`,
    commands: (actor) => [[actor, 'ping', type]],
    check: (told) => {
      assert.deepEqual(
        told.sockets.map((socket) => [socket.type, socket.protocol, socket.family]),
        [[type, 1, 'ipv4']],
      );
      assert.deepEqual(destinations(told), [['127.0.0.1', 0, 'icmp', 'packet']]);
      assert.deepEqual([told.closes[0]?.sent, told.closes[0]?.socket], [48, told.sockets[0]?.socket]);
    },
  };
}

function destinations({ connects }: Observation) {
  return connects.map(({ address, port, transport, hook }) => [address, port, transport, hook]);
}

/** How a process's connection to itself ended, for the side that connected and the one that accepted. */
function bothSides({ connects, accepts, closes }: Observation) {
  assert.deepEqual([connects.length, accepts.length, closes.length], [1, 1, 2]);
  return [connects[0], accepts[0]].map((start) =>
    closes.find(({ socket, started }) => socket === start?.socket && started === start.time),
  );
}
