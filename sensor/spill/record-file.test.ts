import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { RecordFile } from './record-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'chaperone-records-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const fresh = () => join(folder, String(++files));
const bodiesOf = (file: RecordFile) => [...file.read()].map(({ type, body }) => `${type} ${body}`);

function write(path: string, bodies: readonly string[], maxBytes = 1 << 20): (string | null)[] {
  const file = new RecordFile(path, maxBytes);
  const places = bodies.map((body) => file.append(1, [Buffer.from(body)]));
  file.close();
  return places.map((place) => (place === null ? null : 'written'));
}

test('what one process writes the next one reads, and writes on', () => {
  const path = fresh();
  write(path, ['one', 'two']);
  write(path, ['three']);
  assert.deepEqual(bodiesOf(new RecordFile(path, 1 << 20)), ['1 one', '1 two', '1 three']);
});

test('a record that was cut off is left out, counted, and written over', () => {
  const path = fresh();
  write(path, ['one', 'two']);
  truncateSync(path, readFileSync(path).length - 1);
  const file = new RecordFile(path, 1 << 20);
  assert.deepEqual(bodiesOf(file), ['1 one']);
  assert.equal(file.damaged, 1);
  file.append(2, [Buffer.from('again')]);
  assert.deepEqual(bodiesOf(file), ['1 one', '2 again']);
});

test('whatever becomes of the bytes, no record comes back that was not written', () => {
  const bodies = ['one', 'two', 'three', 'four'];
  fc.assert(
    fc.property(fc.nat(), fc.nat({ max: 255 }), (where, value) => {
      const path = fresh();
      write(path, bodies);
      const bytes = readFileSync(path);
      bytes[where % bytes.length] = value;
      writeFileSync(path, bytes);
      const read = bodiesOf(new RecordFile(path, 1 << 20));
      assert.deepEqual(
        read.filter((body) => !bodies.includes(body.slice(2)) || !body.startsWith('1 ')),
        [],
      );
    }),
  );
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const path = fresh();
      writeFileSync(path, bytes);
      assert.deepEqual(bodiesOf(new RecordFile(path, 1 << 20)), []);
    }),
  );
});

test('beyond its bound it takes nothing more, and says so', () => {
  assert.deepEqual(write(fresh(), ['x'.repeat(50), 'y'.repeat(50)], 100), ['written', null]);
});

test('a full disk is an answer, and room that is made is used', () => {
  const script = `
    const { RecordFile } = await import('${join(import.meta.dirname, 'record-file.ts')}');
    const { rmSync, writeFileSync } = await import('node:fs');
    const file = new RecordFile('./records', 1 << 20);
    const body = [Buffer.alloc(3000, 'a')];
    writeFileSync('./ballast', Buffer.alloc(8192));
    const first = [file.append(1, body), file.append(1, body)].map((place) => place !== null);
    rmSync('./ballast');
    const then = file.append(1, body) !== null;
    console.log(JSON.stringify([first, then, [...file.read()].length]));`;
  const mounted = 'mount -t tmpfs -o size=12k none "$1" && cd "$1" && exec "$2" --input-type=module -e "$3"';
  const args = ['-m', 'sh', '-c', mounted, 'sh', mkdtempSync(join(folder, 'disk-')), process.execPath, script];
  assert.deepEqual(JSON.parse(execFileSync('unshare', args, { encoding: 'utf8' })), [[true, false], true, 2]);
});
