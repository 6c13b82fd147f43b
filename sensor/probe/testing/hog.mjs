// What the tests of memory need done in place of the sensor: hog.mjs FILE. Says a word to the probe, waits until that has limited this process, and
// then takes memory as fast as it gets it; FILE tells how many MiB it has.
import { readFileSync, writeFileSync, writeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

const [file] = process.argv.slice(2);
const isLimited = () => !/^Max data size\s+unlimited/m.test(readFileSync('/proc/self/limits', 'utf8'));

// A header of 64 bytes and no type that the probe knows.
const word = Buffer.alloc(64);
word.writeUInt32LE(64);
word.writeUInt16LE(255, 4);
writeSync(3, word);
while (!isLimited()) await delay(10);
const held = [];
for (;;) {
  held.push(Buffer.alloc(1 << 20, 1));
  writeFileSync(file, `${held.length}`);
}
