import assert from 'node:assert/strict';
import { test } from 'node:test';
import fastCheck from 'fast-check';
import { createRedactor } from './redact.ts';
import { redacted } from './redaction/ranges.ts';
import { ordinaryCommands } from './redaction/testing/ordinary-commands.ts';
import { anySecret, formlessSecret, type Secret, secretKinds } from './redaction/testing/secret-kinds.ts';

const redact = createRedactor([]);

/** As a shell would have it in single quotes; no secret of the corpus holds one. */
const quoted = (text: string) => `'${text}'`;

/** Ways in which a secret that shows itself can stand in a command. */
const shapes: Readonly<Record<string, (secret: string) => readonly string[]>> = {
  'an argument': (secret) => ['tool', secret],
  'the value of an option': (secret) => ['tool', '--value', secret, '-v'],
  'joined to an option': (secret) => ['tool', `--value=${secret}`],
  'joined to a letter': (secret) => ['tool', `-p${secret}`],
  'an assignment': (secret) => ['env', `VALUE=${secret}`, 'tool'],
  'a file that curl sends': (secret) => ['curl', '-d', `@${secret}`],
  'a script': (secret) => ['sh', '-c', `tool ${quoted(secret)} --verbose`],
  'a script without quotes': (secret) => ['sh', '-c', `cd /src && tool ${secret}`],
  'an assignment before a command': (secret) => ['bash', '-lc', `VALUE=${quoted(secret)} tool run`],
  'a pipe': (secret) => ['sh', '-c', `echo ${quoted(secret)} | tool`],
  'a here-document': (secret) => ['sh', '-c', `cat <<EOF\n${secret}\nEOF`],
  'a here-string': (secret) => ['bash', '-c', `tool <<< ${quoted(secret)}`],
  'a script in a script': (secret) => ['sh', '-c', `sh -c "tool '${secret.replaceAll('"', '\\"')}'"`],
  'JSON in a program': (secret) => ['node', '-e', `send({ "data": ${JSON.stringify(secret)} })`],
  'a comment': (secret) => ['sh', '-c', `make # ${secret}`],
};

function assertHidden(shown: string, { cores }: Secret): void {
  for (const core of cores) {
    for (let at = 0; at + 12 <= core.length; at += 1)
      assert.ok(!shown.includes(core.slice(at, at + 12)), `${core.slice(at, at + 12)} is seen in ${shown}`);
  }
}

for (const [kind, secrets] of Object.entries(secretKinds)) {
  test(`a ${kind} is not shown, however it stands in a command`, () => {
    for (const secret of fastCheck.sample(secrets, { numRuns: 8, seed: 1 }))
      for (const shape of Object.values(shapes)) assertHidden(redact(shape(secret.text)).join('\n'), secret);
  });
}

test('no secret of any kind passes in any shape, alone or beside others', () => {
  const shape = fastCheck.constantFrom(...Object.values(shapes));
  const around = fastCheck.array(fastCheck.constantFrom(...ordinaryCommands), { maxLength: 2 });
  fastCheck.assert(
    fastCheck.property(anySecret, shape, around, (secret, make, commands) => {
      const argv = [...(commands[0] ?? []).slice(0, 8), ...make(secret.text), ...(commands[1] ?? [])];
      assertHidden(redact(argv).join('\n'), secret);
    }),
    { numRuns: 2_000 },
  );
});

test('names and scripts hide them too', () => {
  fastCheck.assert(
    fastCheck.property(anySecret, (secret) => {
      assertHidden(redact.script(`Run tool ${secret.text}`), secret);
      assertHidden(redact.text(`/tmp/${secret.text}`), secret);
    }),
    { numRuns: 500 },
  );
});

/** Places that give away a secret without any form of its own. */
const places: Readonly<Record<string, (secret: string) => readonly string[]>> = {
  'a positional value': (secret) => ['aws', 'configure', 'set', 'aws_secret_access_key', secret],
  'a login': (secret) => ['vault', 'login', secret],
  'a registry setting': (secret) => ['npm', 'config', 'set', '//registry.example.com/:_authToken', secret],
  'echo into a login': (secret) => ['sh', '-c', `echo ${secret} | docker login -u octo --password-stdin ghcr.io`],
  'printf through a filter': (secret) => ['sh', '-c', `printf %s ${secret} | tr -d '\\n' | gh auth login --with-token`],
  'a double dash': (secret) => ['tool', '--password', '--', secret],
  'a key': (secret) => ['tool', `--key=${secret}`],
  'a key of its own word': (secret) => ['tool', '--key', secret],
  'a connection string': (secret) => ['tool', `Server=db;Uid=sa;Pwd=${secret};Database=a`],
  'mysql in a script': (secret) => ['sh', '-c', `mysql -u root -p${secret} -e 'select 1'`],
  'mysql in a script in a script': (secret) => ['sh', '-c', `docker exec db sh -c "mysql -p${secret} db"`],
  'mysql behind sudo': (secret) => ['sudo', '-E', 'mysql', `-p${secret}`],
  'a webhook': (secret) => ['curl', '-X', 'POST', `https://chat.example.com/hooks/${secret}`],
  'an assignment before a command': (secret) => ['sh', '-c', `cd /src; DB_PASSWORD=${secret} make deploy`],
  'a here-document into a file': (secret) => ['sh', '-c', `cat > ~/.npmrc <<EOF\nregistry ${secret}\nEOF`],
  'a here-string into a login': (secret) => [
    'bash',
    '-c',
    `helm registry login -u me --password-stdin x <<< ${secret}`,
  ],
  'echo into a key file': (secret) => ['sh', '-c', `echo "${secret}" > ~/.ssh/id_ed25519`],
  'a Kubernetes secret': (secret) => [
    'kubectl',
    'create',
    'secret',
    'generic',
    'web',
    `--from-literal=value=${secret}`,
  ],
  'a GitHub secret': (secret) => ['gh', 'secret', 'set', 'DEPLOY', '--body', secret],
  'a deployment setting': (secret) => ['heroku', 'config:set', `SMTP=${secret}`],
  'a user with a password': (secret) => ['curl', '-u', `me:${secret}`, 'https://example.com'],
  'a Samba user': (secret) => ['smbclient', '//host/share', '-U', `me%${secret}`],
  'an Oracle connect string': (secret) => ['sqlplus', `scott/${secret}@orcl`],
  'an encrypted archive': (secret) => ['zip', '-P', secret, 'out.zip', 'dist'],
  'camel case': (secret) => ['tool', `--clientSecret=${secret}`],
  'escaped JSON in a script': (secret) => ['sh', '-c', `curl -d "{\\"password\\": \\"${secret}\\"}" x`],
  'a display name': (secret) => [redact.script(`Run mysql -p${secret} db`)],
  'a file name': (secret) => [redact.text(`/tmp/token=${secret}`)],
};

for (const [place, make] of Object.entries(places)) {
  test(`a secret without a form is not shown in ${place}`, () => {
    fastCheck.assert(
      fastCheck.property(formlessSecret, (secret) => {
        const shown = redact(make(secret)).join('\n');
        assert.ok(!shown.includes(secret), shown);
        assert.ok(shown.includes(redacted));
      }),
      { numRuns: 20 },
    );
  });
}

test('ordinary command lines stay as they are', () => {
  for (const argv of ordinaryCommands) assert.deepEqual(redact(argv), argv);
});

test('what was redacted once is not changed again', () => {
  const place = fastCheck.constantFrom(...Object.values(places));
  fastCheck.assert(
    fastCheck.property(formlessSecret, place, (secret, make) => {
      const once = redact(make(secret));
      assert.deepEqual(redact(once), once);
      for (const item of once) assert.equal(redact.text(item), item);
    }),
    { numRuns: 500 },
  );
});

/** Texts that make careless patterns take quadratic time and more. */
const evil = [
  'a',
  '"',
  "'",
  ' ',
  '-a ',
  'a=',
  'x://',
  'eyJ-',
  'eyJa.',
  'mysql ',
  '<<a\n',
  '$(',
  '\\',
  'password=',
  ';pwd=',
  'a:',
  '//a/hooks',
  '-----BEGIN ',
];

test('of 128 KiB only the beginning is looked at, so that no text takes long', () => {
  for (const piece of evil) {
    const long = piece.repeat(Math.ceil((128 * 1024) / piece.length));
    assert.deepEqual(redact([long]), redact([long.slice(0, 4_097)]));
    assert.deepEqual(redact(['sh', '-c', long]), redact(['sh', '-c', long.slice(0, 4_096)]));
    assert.equal(redact.text(long), redact.text(long.slice(0, 4_097)));
  }
});

test('a secret that is cut by the end of what is looked at is not shown in half', () => {
  for (let length = 4_040; length < 4_110; length += 1) {
    const [secret] = fastCheck.sample(secretKinds['GitHub personal token'] ?? anySecret, 1);
    const filler = '--token=x '.repeat(500).slice(0, length);
    if (secret !== undefined) assertHidden(redact(['sh', '-c', `${filler} ${secret.text}`]).join(''), secret);
  }
});

test("the engine's own word hides names and forms that nobody else knows", () => {
  const own = createRedactor([], {
    names: ['DSN'],
    masks: ['quiet-\\d{4}-[a-z]+', 'plain.text', '***', '(a+)+$', 'x'],
  });
  assert.deepEqual(own(['tool', 'DSN=abc', 'quiet-1234-fox', 'plain.text', 'xylophone', 'aaaa']), [
    'tool',
    `DSN=${redacted}`,
    redacted,
    redacted,
    'xylophone',
    'aaaa',
  ]);
});
