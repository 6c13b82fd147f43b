import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fastCheck from 'fast-check';
import { createRedactor } from './redact.ts';
import { redacted } from './redaction/ranges.ts';
import { builtIn, matchesGlob } from './redaction/secret-names.ts';
import { tokenShapes } from './redaction/token-shapes.ts';

const redact = createRedactor([]);
const line = (argument: string) => redact([argument])[0];

test('values of secret names are replaced in every form', () => {
  const cases: [string[], string[]][] = [
    [
      ['env', 'GITHUB_TOKEN=abc', 'make'],
      ['env', `GITHUB_TOKEN=${redacted}`, 'make'],
    ],
    [
      ['curl', '--api-key=abc', 'x'],
      ['curl', `--api-key=${redacted}`, 'x'],
    ],
    [
      ['mysql', '--password', 'abc', 'db'],
      ['mysql', '--password', redacted, 'db'],
    ],
    [
      ['tool', '-token', '-abc'],
      ['tool', '-token', redacted],
    ],
    [
      ['env', 'DB_PASSWORD=two words'],
      ['env', `DB_PASSWORD=${redacted}`],
    ],
    [
      ['sh', '-c', 'export NPM_TOKEN="a b"; run --secret c'],
      ['sh', '-c', `export NPM_TOKEN=${redacted}; run --secret ${redacted}`],
    ],
    [
      ['sh', '-c', "curl -H 'Authorization: Bearer abc' x"],
      ['sh', '-c', `curl -H 'Authorization: ${redacted}' x`],
    ],
    [
      ['curl', '-H', 'authorization: Basic abc'],
      ['curl', '-H', `authorization: ${redacted}`],
    ],
    [
      ['git', 'clone', 'https://user:abc@example.com/x.git'],
      ['git', 'clone', `https://${redacted}@example.com/x.git`],
    ],
    [
      ['git', 'clone', 'https://ghp_abc@example.com/x'],
      ['git', 'clone', `https://${redacted}@example.com/x`],
    ],
    [
      ['curl', 'https://example.com/?access_token=abc&x=1'],
      ['curl', `https://example.com/?access_token=${redacted}&x=1`],
    ],
    [
      ['curl', '-d', '{"client_secret": "abc", "a": 1}'],
      ['curl', '-d', `{"client_secret": ${redacted}, "a": 1}`],
    ],
  ];
  for (const [argv, expected] of cases) assert.deepEqual(redact(argv), expected);
});

test('passwords behind short options are replaced where the program has them', () => {
  const secret = 'S3cr3t+Value';
  for (const argv of [
    ['curl', '-u', `me:${secret}`],
    ['curl', `-sume:${secret}`],
    ['sh', '-c', `curl --user "me:${secret}" https://example.com`],
    ['/usr/bin/mysql', `-p${secret}`, 'db'],
    ['sshpass', '-p', secret, 'ssh', 'host'],
    ['docker', 'login', '-u', 'me', '-p', secret],
    ['az', 'acr', 'login', '-u', 'me', '-p', secret],
    ['openssl', 'rsa', '-passin', `pass:${secret}`],
    ['env', `MYSQL_PWD=${secret}`],
    ['curl', '-H', `Cookie: session=${secret}`],
    ['curl', '-H', `Cookie: a=b; session=${secret}`],
    ['sh', '-c', `curl -H "Cookie: a=b; session=${secret}" x`],
    ['curl', `https://example.com/x?sv=1&sig=${secret}`],
  ])
    assert.doesNotMatch(redact(argv).join(' '), /S3cr3t/);
});

test('what has the form of a token is replaced wherever it stands', () => {
  const body = 'S3cr3t0123456789ABCDEFabcdefS3cr3t012345';
  const tokens = ['ghp_', 'github_pat_', 'glpat-', 'npm_', 'dckr_pat_', 'xoxb-', 'sk-ant-', 'AIza'].map(
    (p) => p + body,
  );
  for (const token of [...tokens, 'AKIAS3CR3T0123456789', `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOjF9.${body}`]) {
    assert.equal(line(`echo "${token}" | login`), `echo "${redacted}" | login`);
  }
  assert.doesNotMatch(line(`-----BEGIN RSA PRIVATE KEY-----\n${body}\n-----END RSA PRIVATE KEY-----`) ?? '', /S3cr3t/);
});

test('short options of other programs stay', () => {
  for (const argv of [
    ['mkdir', '-p', 'a/b'],
    ['docker', 'run', '-p', '80:80', '-u', '1000:1000', '-v', '$PWD:/src', 'x'],
    ['date', '-u', '+%H:%M'],
    ['git', 'push', '-u', 'origin', 'main'],
  ])
    assert.deepEqual(redact(argv), argv);
});

test('the docs name the built-in names', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/agentpolicy.md'), 'utf8');
  const list = /<!-- built-in names[^>]*-->\n([^<]*)<!-- end/.exec(page)?.[1] ?? '';
  assert.deepEqual(
    [...list.matchAll(/`([^`]+)`/g)].map(([, name]) => name),
    builtIn,
  );
});

test('the docs name the issuers whose secrets are known by their form', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/agentpolicy.md'), 'utf8');
  const list = /<!-- issuers -->(.*?)<!-- end: issuers -->/.exec(page)?.[1];
  assert.equal(list, tokenShapes.map(({ issuer }) => issuer).join(', '));
});

test('what is no secret stays', () => {
  const argv = [
    'git',
    'clone',
    'ssh://git@example.com/x.git',
    '-c',
    'user.name=me',
    '--depth',
    '1',
    'a=b',
    'https://example.com/a@b',
  ];
  assert.deepEqual(redact(argv), argv);
});

test('a word of JSON is no secret, whatever its name', () => {
  const search = `grep -aoE '"[^"]+":\\{"value":"[^"]*","isSecret":true\\}' | sort -u`;
  for (const text of ['{"isSecret":true}', `echo '"isSecret": false'; ls`, '"secret":null, "x":1', search])
    assert.deepEqual(redact(['sh', '-c', text]), ['sh', '-c', text]);
  assert.equal(line('"secret":true1'), `"secret":${redacted}`);
  assert.equal(line('"secret":"true"'), `"secret":${redacted}`);
  assert.equal(line('SECRET=true'), `SECRET=${redacted}`);
});

test("a policy's globs add to the list, case and - or _ being alike", () => {
  const own = createRedactor(['*session-id*', 'PIN']);
  assert.deepEqual(own(['x', '--MY_SESSION_ID=1', 'pin=2', 'spinning=3', 'A_TOKEN=4']), [
    'x',
    `--MY_SESSION_ID=${redacted}`,
    `pin=${redacted}`,
    'spinning=3',
    `A_TOKEN=${redacted}`,
  ]);
});

const secretName = fastCheck
  .tuple(
    fastCheck.stringMatching(/^[A-Za-z]{0,8}$/),
    fastCheck.constantFrom(
      'token',
      'SECRET',
      'Password',
      'passwd',
      'api-key',
      'API_KEY',
      'apikey',
      'credential',
      'private_key',
    ),
    fastCheck.stringMatching(/^[A-Za-z]{0,8}$/),
  )
  .map(([before, middle, after]) => `${before}${middle}${after}`);
const secret = fastCheck.stringMatching(/^[A-Za-z0-9+/=_.~-]{12,40}$/).map((text) => `S3${text}`);
const noise = fastCheck.string({ unit: 'binary', maxLength: 40 });

const lead = fastCheck.constantFrom(
  '',
  'x=',
  'a: ',
  'https://example.com/?',
  'x;',
  '--foo ',
  'FOO=bar ',
  '{"a": "b", "',
  "it's ",
  'a=b:',
);

test('no secret passes, whatever stands around it', () => {
  fastCheck.assert(
    fastCheck.property(
      secretName,
      secret,
      fastCheck.array(noise, { maxLength: 4 }),
      lead,
      (name, value, around, before) => {
        const forms = [
          [`${before}${name}=${value}`],
          [`${before}--${name}=${value}`],
          [`--${name}`, value],
          [`sh -c '${before}${name}="${value}" y'`],
          [`sh -c '${before} --${name} ${value} y'`],
        ];
        for (const form of forms)
          assert.ok(
            !redact([...around, ...form, ...around])
              .join('\0')
              .includes(value),
          );
      },
    ),
  );
});

test('hostile arguments neither throw nor take long nor come out long', () => {
  const pathological = [
    'a'.repeat(4096),
    'a='.repeat(2048),
    '"'.repeat(4096),
    ' '.repeat(4096),
    '-a '.repeat(1365),
    'x://'.repeat(1024),
    `${'a"'.repeat(1000)}=`,
  ];
  for (const argument of pathological) assert.ok((line(argument) ?? '').length <= 512);
  const bytes = fastCheck.array(fastCheck.string({ unit: 'binary', maxLength: 200 }), { maxLength: 50 });
  fastCheck.assert(
    fastCheck.property(bytes, (argv) => {
      const shown = redact(argv);
      assert.ok(shown.length <= 32 && shown.join('').length <= 1024);
      assert.doesNotMatch(shown.join(''), /[\p{Cc}\p{Cs}\u202e]/u);
    }),
  );
});

test('a glob matches as its regular expression would', () => {
  const text = fastCheck.stringMatching(/^[ab]{0,6}$/);
  const pattern = fastCheck.stringMatching(/^[ab*]{0,5}$/);
  fastCheck.assert(
    fastCheck.property(pattern, text, (glob, subject) => {
      assert.equal(matchesGlob(glob, subject), new RegExp(`^${glob.replaceAll('*', '.*')}$`).test(subject));
    }),
  );
});
