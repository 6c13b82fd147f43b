// Loaded into the sensor before its own program: once it is told to, it takes memory as fast as it gets it, and tells how many MiB it has.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';

const folder = '/tmp/sensor';
const isLimited = () => !/^Max data size\s+unlimited/m.test(readFileSync('/proc/self/limits', 'utf8'));

setInterval(() => {
  if (!existsSync(`${folder}/hog`) || !isLimited()) return;
  rmSync(`${folder}/hog`);
  const held = [];
  for (;;) {
    held.push(Buffer.alloc(1 << 20, 1));
    writeFileSync(`${folder}/held`, `${held.length}`);
  }
}, 100).unref();
