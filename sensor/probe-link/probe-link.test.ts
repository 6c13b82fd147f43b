import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type Duplex, duplexPair } from 'node:stream';
import { test } from 'node:test';
import { FrameSplitter } from '../decode/frame-splitter.ts';
import { eventHeaderSize, frameType, readEventHeader } from '../decode/layout.gen.ts';
import type { ProbeEvent } from '../decode/probe-events.ts';
import { makeExec, makeFrame, makeWord } from '../decode/testing/frames.ts';
import { statsEvent } from '../lineage/testing/fake-kernel.ts';
import { connectProbe, type ProbeLink } from './probe-link.ts';

const stats = makeWord(frameType.stats, statsEvent({ cpus: [3] }));

interface Linked {
  readonly link: ProbeLink;
  /** The probe's end. */
  readonly peer: Duplex;
  readonly events: ProbeEvent[];
  readonly ended: Promise<Error | undefined>;
}

function linked(): Linked {
  const [stream, peer] = duplexPair();
  const events: ProbeEvent[] = [];
  const { promise: ended, resolve } = Promise.withResolvers<Error | undefined>();
  const link = connectProbe(stream, { onEvent: (event) => events.push(event), onEnd: resolve });
  return { link, peer, events, ended };
}

/** The id in the flush command that the probe's end reads next. */
async function readFlush(peer: Duplex): Promise<number> {
  const [chunk] = (await once(peer, 'data')) as [Buffer];
  const [frame] = new FrameSplitter().push(chunk);
  assert.equal(frame?.readUInt16LE(4), frameType.flush);
  return (JSON.parse(frame?.toString('utf8', eventHeaderSize) ?? '') as { id: number }).id;
}

test('events come in the order in which they were sent', async () => {
  const { peer, events, ended } = linked();
  peer.end(Buffer.concat([makeExec({ path: '/a' }), makeExec({ path: '/b' }), stats]));
  assert.equal(await ended, undefined);
  assert.deepEqual(
    events.map((event) => (event.kind === 'exec' ? event.path : event.kind)),
    ['/a', '/b', 'stats'],
  );
});

test('a flush resolves after its events, with the account', async () => {
  const { link, peer, events } = linked();
  const flushed = link.flush();
  const id = await readFlush(peer);
  peer.write(Buffer.concat([makeExec({ path: '/last' }), stats, makeWord(frameType.flushed, { id })]));
  assert.deepEqual((await flushed).cpus, [3]);
  assert.equal(events[0]?.kind, 'exec');
});

test('an agent is named by its process and image, in the header', async () => {
  const { link, peer } = linked();
  link.markAgent({ pid: 4711, id: 'fedcba9876543210' });
  const [chunk] = (await once(peer, 'data')) as [Buffer];
  const { type, tgid, image } = readEventHeader(new DataView(chunk.buffer, chunk.byteOffset, chunk.length), 0);
  assert.deepEqual([type, tgid, image], [frameType.agent, 4711, 0xfedcba9876543210n]);
});

test('an agent after the end is nobody to speak of', async () => {
  const { link, peer, ended } = linked();
  peer.end();
  await ended;
  assert.doesNotThrow(() => link.markAgent({ pid: 1, id: '1'.repeat(16) }));
});

test('an answer to another flush resolves none', async () => {
  const { link, peer, ended } = linked();
  const flushed = link.flush();
  peer.end(Buffer.concat([stats, makeWord(frameType.flushed, { id: 99 })]));
  await assert.rejects(flushed, { code: 'probe-link-closed' });
  assert.equal(await ended, undefined);
});

test('a flush after the end is refused', async () => {
  const { link, peer, ended } = linked();
  peer.end();
  await ended;
  await assert.rejects(link.flush(), { code: 'probe-link-closed' });
});

test('what is not understood is told as such and passed over', async () => {
  const { peer, events, ended } = linked();
  const lie = makeExec({ path: '/x' });
  lie.writeUInt32LE(1 << 20, eventHeaderSize + 16);
  peer.end(Buffer.concat([makeFrame({ type: 200 }), lie, stats]));
  await ended;
  assert.deepEqual(
    events.map((event) => (event.kind === 'undecoded' ? `${event.why} ${event.eventClass}` : event.kind)),
    ['unknown null', 'malformed exec', 'stats'],
  );
});

test('what is no frame ends the link with an error', async () => {
  const { peer, ended } = linked();
  peer.write(Buffer.alloc(64));
  assert.equal(((await ended) as { code?: string } | undefined)?.code, 'probe-link-broken');
});

test("closing ends the probe's input", async () => {
  const { link, peer } = linked();
  peer.resume();
  link.close();
  await once(peer, 'end');
});
