import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { frameType } from '../decode/layout.gen.ts';
import { readFrame } from '../decode/read-frame.ts';
import { makeExec, makeWord } from '../decode/testing/frames.ts';
import { helloEvent } from '../lineage/testing/fake-kernel.ts';
import { FrameLog } from './frame-log.ts';
import { RecordFile } from './record-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'chaperone-frames-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const fresh = () => join(folder, String(++files));
const key = randomBytes(32);

function hello(position: number, started = '1'): Buffer {
  const { kind: _, ...word } = helloEvent({ position, started });
  return makeWord(
    frameType.hello,
    JSON.parse(JSON.stringify(word, (_, value) => (typeof value === 'bigint' ? String(value) : value))),
  );
}

/** One process with a log at `path`: what it is told again, and which of the frames are new to it. */
function live(path: string, frames: readonly Buffer[], { maxBytes = 1 << 20, ownKey = key } = {}) {
  const log = new FrameLog(new RecordFile(path, maxBytes), ownKey);
  const again = [...log.replay()].map((entry) => ('event' in entry ? nameOf(entry.event) : `tick ${entry.tick}`));
  const fresh = frames.filter((frame) => log.take(frame, readFrame(frame))).map((frame) => nameOf(readFrame(frame)));
  return { log, again, fresh, kept: log.keep() };
}

function nameOf(event: ReturnType<typeof readFrame>): string {
  return event.kind === 'exec' ? event.path : event.kind;
}

const [one, two, three] = ['/one', '/two', '/three'].map((path) => makeExec({ path })) as [Buffer, Buffer, Buffer];

test('the next process is told what the last one was, in order, ticks too', () => {
  const path = fresh();
  const { log } = live(path, [hello(0), one]);
  log.tick(5n);
  assert.deepEqual(live(path, []).again, ['hello', '/one', 'tick 5']);
});

test('frames that come again because the probe was not told that they are kept are passed over', () => {
  const path = fresh();
  live(path, [hello(0), one, two]);
  const second = live(path, [hello(one.length), two, three]);
  assert.deepEqual(second.fresh, ['hello', '/three']);
  assert.equal(second.kept, one.length + two.length + three.length);
  assert.deepEqual(live(path, []).again, ['hello', '/one', '/two', 'hello', '/three']);
  assert.deepEqual(live(path, [hello(one.length + two.length), three]).fresh, ['hello']);
});

test('another probe counts from zero, and nothing of its is passed over', () => {
  const path = fresh();
  live(path, [hello(0), one, two]);
  assert.deepEqual(live(path, [hello(0, '2'), one, two]).fresh, ['hello', '/one', '/two']);
});

test('a full log ends where it is full, and is not whole', () => {
  const path = fresh();
  const { log, kept } = live(path, [hello(0), one], { maxBytes: 400 });
  assert.deepEqual([log.isWhole, kept], [false, one.length]);
  const second = live(path, [hello(one.length), two]);
  assert.deepEqual([second.again, second.fresh], [[], ['hello', '/two']]);
});

test('what the job said does not stand in the file as it is, and another key opens nothing', () => {
  const path = fresh();
  live(path, [hello(0), makeExec({ path: '/usr/bin/secret-tool' })]);
  assert.ok(!readFileSync(path).includes('secret-tool'));
  assert.deepEqual(live(path, [], { ownKey: randomBytes(32) }).again, []);
});

test('a log that several processes in a row ended with is not told again', () => {
  const path = fresh();
  live(path, [hello(0), one]);
  const lives = Array.from({ length: 4 }, () => live(path, []).again.length);
  assert.deepEqual(lives, [2, 2, 2, 0]);
});

test('without a file nothing is kept and the probe may forget', () => {
  const log = new FrameLog(null, key);
  assert.deepEqual([...log.replay()], []);
  assert.equal(log.take(one, readFrame(one)), true);
  assert.deepEqual([log.keep(), log.isWhole], [one.length, false]);
});
