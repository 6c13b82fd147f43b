import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeKernel, type FakeProcess } from '../lineage/testing/fake-kernel.ts';
import { type Recording, replay, spanNamed } from '../lineage/testing/recording.ts';
import { redacted } from './redaction/ranges.ts';

/** What a shell of a command's does, told as spans. */
function tell(act: (kernel: FakeKernel, shell: FakeProcess) => void): Recording {
  const kernel = new FakeKernel();
  const shell = kernel.spawn(kernel.process(), '/bin/sh');
  act(kernel, shell);
  kernel.exit(shell);
  return replay(kernel, { engine: 'generic' });
}

const lookups = ({ spans }: Recording) =>
  spans.filter(({ name }) => name.startsWith('DNS lookup')).map(({ name }) => name);
const connections = ({ spans }: Recording) => spans.filter(({ kind }) => kind === 'client');
const folded = ({ spans }: Recording) =>
  spans.reduce((sum, { attributes }) => Math.max(sum, Number(attributes['chaperone.coverage.folded.lookups'] ?? 0)), 0);

test('a connection is called by the name that its process resolved, with the answer as an event', () => {
  const recording = tell((kernel, shell) => {
    kernel.resolve(shell, 'GitHub.com', ['192.0.2.1', '192.0.2.2']);
    kernel.connect(shell, '192.0.2.2', 443);
  });
  const span = spanNamed(recording.spans, 'connect github.com:443');
  const { attributes, events } = span;
  assert.deepEqual([attributes['server.address'], attributes['network.peer.address']], ['github.com', '192.0.2.2']);
  assert.deepEqual([attributes['chaperone.name.source'], attributes['chaperone.name.asker']], ['dns', 'process']);
  assert.deepEqual(events[0]?.attributes, {
    'dns.question.name': 'github.com',
    'dns.answers': ['192.0.2.1', '192.0.2.2'],
    'chaperone.dns.resolver': '10.96.0.10',
  });
  assert.deepEqual([events[0]?.name, lookups(recording)], ['dns.answer', []]);
});

test('a connection that came before the answer has no name', () => {
  const recording = tell((kernel, shell) => {
    kernel.connect(shell, '192.0.2.1', 443);
    kernel.resolve(shell, 'a.test', ['192.0.2.1']);
  });
  assert.deepEqual(
    [connections(recording)[0]?.name, lookups(recording)],
    ['connect 192.0.2.1:443', ['DNS lookup a.test']],
  );
});

test('what a shell resolved names what its child connects to; what a sibling resolved names it too, and says so', () => {
  const recording = tell((kernel, shell) => {
    kernel.resolve(shell, 'a.test', ['192.0.2.1']);
    const dig = kernel.spawn(shell, '/usr/bin/dig');
    kernel.resolve(dig, 'b.test', ['192.0.2.2']);
    kernel.exit(dig);
    const curl = kernel.spawn(shell, '/usr/bin/curl');
    kernel.connect(curl, '192.0.2.1', 443);
    kernel.connect(curl, '192.0.2.2', 443);
    kernel.exit(curl);
  });
  assert.deepEqual(
    connections(recording).map(({ name, attributes }) => [name, attributes['chaperone.name.asker']]),
    [
      ['connect a.test:443', 'ancestor'],
      ['connect b.test:443', 'step'],
    ],
  );
});

test('of two names of one address none is chosen, and both stand there', () => {
  const recording = tell((kernel, shell) => {
    kernel.resolve(shell, 'a.test', ['192.0.2.1']);
    kernel.resolve(shell, 'b.test', ['192.0.2.1']);
    kernel.connect(shell, '192.0.2.1', 443);
  });
  const { attributes, events } = spanNamed(recording.spans, 'connect 192.0.2.1:443');
  assert.deepEqual(
    [attributes['chaperone.name.candidates'], attributes['chaperone.name.source']],
    [['a.test', 'b.test'], undefined],
  );
  assert.deepEqual([events, lookups(recording)], [[], []]);
});

test('a lookup that failed is a span with the reason, below the process that asked', () => {
  const recording = tell((kernel, shell) => kernel.resolve(shell, 'missing.test', null));
  const span = spanNamed(recording.spans, 'DNS lookup missing.test');
  assert.equal(span.parentSpanId, spanNamed(recording.spans, 'sh').spanId);
  assert.deepEqual([span.error, span.attributes['error.type'], span.kind], [{}, 'NXDOMAIN', 'internal']);
});

test('tries along the search list are told by the name that was meant', () => {
  const recording = tell((kernel, shell) => {
    for (const suffix of ['.ns.svc.test', '.svc.test', '.test']) kernel.resolve(shell, `github.com${suffix}`, null);
    kernel.resolve(shell, 'github.com', ['192.0.2.1']);
    kernel.connect(shell, '192.0.2.1', 443);
    kernel.resolve(shell, 'db', null);
    kernel.resolve(shell, 'db.ns.svc.test', ['192.0.2.9']);
  });
  assert.deepEqual([lookups(recording), folded(recording)], [['DNS lookup db.ns.svc.test'], 4]);
});

test('a storm of names is counted to the last, of which a part is told', () => {
  const recording = tell((kernel, shell) => {
    for (let i = 0; i < 1_000; i += 1) kernel.resolve(shell, `n${i}.test`, null);
  });
  const job = recording.spans.find(({ attributes }) => 'chaperone.names.count' in attributes);
  assert.deepEqual(
    [job?.attributes['chaperone.names.count'], job?.attributes['chaperone.dns.questions.count']],
    [1_000, 1_000],
  );
  assert.deepEqual([lookups(recording).length, folded(recording)], [64, 936]);
});

test('hostile bytes in a name are shown and a token in it is not', () => {
  const token = `ghp_${'a1B2'.repeat(9)}`;
  const recording = tell((kernel, shell) => {
    kernel.resolve(shell, 'a\u001b[2J\nb.test', null);
    kernel.resolve(shell, `${token}.evil.test`, null);
  });
  const names = lookups(recording).join(' ');
  assert.match(names, /a\\027\[2j\\010b\.test/);
  assert.ok(!names.includes(token.toLowerCase()) && names.includes(redacted));
});
