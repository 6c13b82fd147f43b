import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { DnsEvent } from '../decode/name-events.ts';
import { FakeKernel } from '../lineage/testing/fake-kernel.ts';
import { beginLookup, type Lookup } from './lookup.ts';
import { Names } from './names.ts';
import { answerFlags, type MessageParts, questionName, writeMessage, writeUint16 } from './testing/dns-bytes.ts';

const address = '192.0.2.1';
const step = {};

/** One process that asks, and what its answers named. */
class Asking {
  readonly names = new Names();
  readonly lookups: Lookup[] = [];
  readonly #kernel = new FakeKernel();
  readonly #process = this.#kernel.process();

  asks(parts: Partial<MessageParts> = {}, options: Partial<DnsEvent> = {}): this {
    return this.hears(writeMessage({ name: 'a.test', ...parts }), options);
  }

  isAnswered(parts: Partial<MessageParts> = {}, options: Partial<DnsEvent> = {}): this {
    const answers = [{ name: questionName, type: 1, data: Buffer.from([192, 0, 2, 1]) }];
    const message = writeMessage({ name: 'a.test', flags: answerFlags, answers, ...parts });
    return this.hears(message, { direction: 'received', ...options });
  }

  hears(bytes: Buffer, options: Partial<DnsEvent> = {}): this {
    const lookUp = (name: string, at: { time: bigint; resolver: string }) => {
      const lookup = beginLookup(name, at);
      this.lookups.push(lookup);
      return lookup;
    };
    this.names.hear(this.#kernel.dns(this.#process, bytes, options), { scope: step, image: 'one', lookUp });
    return this;
  }

  /** What the address is called. */
  get calls(): string[] {
    return this.names.originOf(address, step, ['one'])?.lookups.map(({ name }) => name) ?? [];
  }
}

test('an address is called by the name that was asked for', () => {
  assert.deepEqual(new Asking().asks().isAnswered().calls, ['a.test']);
  assert.deepEqual(new Asking().asks({ name: 'A.tEsT' }).isAnswered({ name: 'a.TEST' }).calls, ['a.test']);
});

test('an answer of another id, name, type, socket or resolver names nothing, and is counted', () => {
  const forgeries: ((asking: Asking) => Asking)[] = [
    (asking) => asking.isAnswered({ id: 8 }),
    (asking) => asking.isAnswered({ name: 'b.test' }),
    (asking) => asking.isAnswered({ type: 28 }),
    (asking) => asking.isAnswered({}, { socket: '901' }),
    (asking) => asking.isAnswered({}, { address: '192.0.2.66' }),
  ];
  for (const forge of forgeries) {
    const asking = forge(new Asking().asks());
    assert.deepEqual([asking.calls, asking.names.unasked], [[], 1]);
    assert.deepEqual(asking.isAnswered().calls, ['a.test']);
  }
});

test('nobody is answered twice who asked once, nor who did not ask', () => {
  const evil = [{ name: questionName, type: 1, data: Buffer.from([192, 0, 2, 66]) }];
  const asking = new Asking().isAnswered().asks().isAnswered().isAnswered({ answers: evil });
  assert.deepEqual([asking.names.originOf('192.0.2.66', step, ['one']), asking.names.unasked], [null, 2]);
  assert.equal(new Asking().asks().asks().isAnswered().isAnswered().names.unasked, 0);
});

test('a failure names nothing, and its code is known', () => {
  const asking = new Asking().asks().isAnswered({ flags: answerFlags | 2 });
  assert.deepEqual([asking.calls, asking.lookups[0]?.rcode], [[], 2]);
});

const streamed = (bytes: Buffer) => Buffer.concat([writeUint16(bytes.length), bytes]);
const questions = ['a.test', 'b.test', 'c.test'].map((name, id) => streamed(writeMessage({ id, name })));

test('messages of a TCP stream are read however segments cut them, come twice or before their turn', () => {
  const stream = Buffer.concat(questions);
  const segment = fc.record({ from: fc.nat(stream.length - 1), length: fc.integer({ min: 1, max: 60 }) });
  const start = fc.constantFrom(0, 5, 2 ** 32 - 20);
  fc.assert(
    fc.property(
      fc.array(segment, { maxLength: 6 }),
      fc.array(fc.nat(stream.length), { maxLength: 6 }),
      start,
      (repeats, cuts, at) => {
        const edges = [0, ...cuts.toSorted((one, other) => one - other), stream.length];
        const parts = edges.slice(1).map((end, i) => ({ from: edges[i] ?? 0, length: end - (edges[i] ?? 0) }));
        const asking = new Asking();
        const hear = ({ from, length }: { from: number; length: number }) => {
          const bytes = stream.subarray(from, from + length);
          if (bytes.length > 0) asking.hears(bytes, { transport: 'tcp', sequence: (at + from) % 2 ** 32 });
        };
        hear(parts[0] ?? { from: 0, length: 0 });
        hear({ from: 0, length: 1 });
        for (const part of [...repeats.filter(({ from }) => from > 0), ...parts]) hear(part);
        assert.deepEqual(
          asking.lookups.map(({ name }) => name),
          ['a.test', 'b.test', 'c.test'],
        );
        assert.equal(asking.names.unreadable, 0);
      },
    ),
    { numRuns: 1000 },
  );
});

test('a part of a TCP message whose rest does not come is counted, and so is what follows a gap', () => {
  const [a, b] = questions as [Buffer, Buffer];
  const part = new Asking().hears(a.subarray(0, 9), { transport: 'tcp' });
  assert.deepEqual([part.lookups.length, part.names.unreadable], [0, 1]);
  const gap = new Asking()
    .hears(a, { transport: 'tcp', sent: a.length + 100 })
    .hears(b, { transport: 'tcp', sequence: a.length + 100 });
  assert.deepEqual([gap.lookups.length, gap.names.unreadable], [1, 1]);
});

test('several datagrams in one packet are read, and each that was not copied is counted', () => {
  const questions = Buffer.concat(['a.test', 'b.test', 'c.test'].map((name) => writeMessage({ name })));
  const segment = questions.length / 3;
  const asking = new Asking().hears(questions.subarray(0, segment * 2), { sent: 2 * questions.length, segment });
  assert.deepEqual([asking.lookups.map(({ name }) => name), asking.names.unreadable], [['a.test', 'b.test'], 4]);
});

test('an answer that is sent to a resolver is counted: it may carry a name all the same', () => {
  const asking = new Asking().hears(writeMessage({ name: 'secret.evil.test', flags: answerFlags }));
  assert.deepEqual([asking.lookups.length, asking.names.unreadable], [0, 1]);
});

test('what is no DNS is counted', () => {
  assert.equal(new Asking().hears(Buffer.from('canary')).hears(Buffer.alloc(0)).names.unreadable, 2);
});

interface Spoken {
  readonly id: number;
  readonly name: string;
  readonly socket: string;
  readonly isAnswer: boolean;
}

/** The names whose question was open when their answer came. */
function answeredNames(spoken: readonly Spoken[]): string[] {
  const open: string[] = [];
  const named = new Set<string>();
  for (const { id, name, socket, isAnswer } of spoken) {
    const key = `${id} ${name} ${socket}`;
    const at = open.indexOf(key);
    if (!isAnswer) open.push(key);
    else if (at >= 0) named.add(open.splice(at, 1) && name);
  }
  return [...named];
}

test('whatever is asked and answered by whom, only the answer to an open question names its address', () => {
  const some = (...values: readonly string[]) => fc.constantFrom(...values);
  const spoken = { id: fc.nat(1), name: some('a.test', 'b.test'), socket: some('1', '2'), isAnswer: fc.boolean() };
  fc.assert(
    fc.property(fc.array(fc.record(spoken), { maxLength: 30 }), (all) => {
      const asking = new Asking();
      for (const { id, name, socket, isAnswer } of all) {
        if (isAnswer) asking.isAnswered({ id, name }, { socket });
        else asking.asks({ id, name }, { socket });
      }
      assert.deepEqual(asking.calls.toSorted(), answeredNames(all).toSorted());
    }),
    { numRuns: 500 },
  );
});

test('no bytes make it throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), fc.boolean(), (bytes, isTcp, isAnswer) => {
      const direction = isAnswer ? 'received' : 'sent';
      new Asking().hears(Buffer.from(bytes), { transport: isTcp ? 'tcp' : 'udp', direction });
    }),
    { numRuns: 2000 },
  );
});
