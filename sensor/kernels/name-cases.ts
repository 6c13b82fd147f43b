import assert from 'node:assert/strict';
import type { DnsEvent, OpeningEvent } from '../decode/name-events.ts';
import type { Observation } from '../probe/testing/observe.ts';
import type { KernelCase } from './kernel-case.ts';

/** The bytes that actor.c sends. */
const filled = (size: number) => Buffer.from(Array.from({ length: size }, (_, i) => i & 0xff));

const dnsOf = ({ events }: Observation) => events.filter((event): event is DnsEvent => event.kind === 'dns');
const openingsOf = ({ events }: Observation) =>
  events.filter((event): event is OpeningEvent => event.kind === 'opening');

/** Answers that fit into each of the places that the programs reserve, and one that fits into none. */
const answers = [
  { family: '4', how: 'connected', size: 128, copied: 128 },
  { family: '4', how: 'unconnected', size: 129, copied: 129 },
  { family: '6', how: 'connected', size: 512, copied: 512 },
  { family: '6', how: 'unconnected', size: 4_096, copied: 4_096 },
  { family: '4', how: 'connected', size: 5_000, copied: 4_096 },
] as const;

/** Names: what is sent to and received from a resolver, and the first payload of a stream. */
export const nameCases: readonly KernelCase[] = [
  {
    title: 'questions and answers are told with their bytes and whose socket it was, once, and from the side that asks',
    commands: (actor) => answers.map(({ family, how, size }) => [actor, 'resolve', family, how, `${size}`]),
    check: (told) => {
      const events = dnsOf(told);
      assert.equal(events.length, 2 * answers.length);
      for (const [i, { family, size, copied }] of answers.entries()) {
        const address = family === '4' ? '127.53.53.53' : '::1';
        const [question, answer] = events.slice(2 * i) as [DnsEvent, DnsEvent];
        assert.deepEqual(
          [question.direction, question.address, question.port, question.sent],
          ['sent', address, 53, 3],
        );
        assert.deepEqual([answer.direction, answer.address, answer.port, answer.sent], ['received', address, 53, size]);
        assert.deepEqual([Buffer.from(question.bytes), Buffer.from(answer.bytes)], [filled(3), filled(copied)]);
        const { image, pid } = told.execs[i] ?? {};
        for (const event of [question, answer]) assert.deepEqual([event.image, event.pid], [image, pid]);
        assert.equal(answer.socket, question.socket);
      }
    },
  },
  {
    title: 'the segments of a stream with a resolver are told with their place in it',
    commands: (actor) => [[actor, 'resolve-stream', '600']],
    check: (told) => {
      for (const direction of ['sent', 'received'] as const) {
        const segments = dnsOf(told).filter((event) => event.direction === direction);
        const [first] = segments;
        assert.ok(first !== undefined);
        const stream = Buffer.alloc(600);
        for (const { bytes, sequence } of segments) Buffer.from(bytes).copy(stream, (sequence - first.sequence) >>> 0);
        assert.deepEqual(stream, filled(600));
        assert.deepEqual(
          segments.slice(0, 2).map(({ sent }) => sent),
          [1, 2],
        );
      }
    },
  },
  {
    title: 'the first payload of a stream is told where it may name somebody, and no other',
    commands: (actor) => [
      [actor, 'propose', 'hello', '300'],
      [actor, 'propose', 'hello', '1800'],
      [actor, 'propose', 'hello', '3000'],
      [actor, 'propose', 'connect', '600'],
      [actor, 'propose', 'other', '300'],
      [actor, 'propose', 'hello', '7'],
    ],
    check: (told) => {
      const openings = openingsOf(told);
      assert.deepEqual(
        openings.map(({ bytes, sent, pid }, i) => [bytes.length, sent, pid === told.execs[i]?.pid]),
        [
          [300, 300, true],
          [1_800, 1_800, true],
          [2_048, 3_000, true],
          [512, 600, true],
        ],
      );
      for (const { bytes, socket } of openings) {
        assert.deepEqual(Buffer.from(bytes.subarray(8)), filled(bytes.length).subarray(8));
        assert.equal(told.connects.filter((connect) => connect.socket === socket).length, 1);
      }
    },
  },
];
