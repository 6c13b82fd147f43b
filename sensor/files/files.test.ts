import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HelloEvent } from '../decode/probe-events.ts';
import { FakeKernel, type FakeProcess, helloEvent } from '../lineage/testing/fake-kernel.ts';
import { replay, spanNamed } from '../lineage/testing/recording.ts';
import type { FinishedSpan } from '../spans/finished-span.ts';
import { noPolicy } from '../spans/policy-view.ts';
import { maxSpanEvents } from '../spans/span-notes.ts';

const command = { kind: 'command', name: 'sh -c x', seed: 'one' } as const;

/** The spans of a command that does `act`, in /src/app. */
function told(act: (kernel: FakeKernel, shell: FakeProcess) => void, options: object = {}): FinishedSpan[] {
  const kernel = new FakeKernel();
  const shell = kernel.process();
  kernel.exec(shell, '/bin/sh', { cwd: '/src/app' });
  act(kernel, shell);
  kernel.exit(shell);
  return replay(kernel, { engine: 'generic', identity: command, ...options }, helloEvent({ watchesFiles: true })).spans;
}

function jobOf(spans: readonly FinishedSpan[]): FinishedSpan {
  const [job] = spans.slice(-1);
  assert.ok(job);
  return job;
}

test('a change is an event on the span of its process, with path, operation and count', () => {
  const spans = told((kernel, shell) => {
    kernel.file(shell, '/src/app/a', { operation: 'create' });
    kernel.file(shell, '/src/app/a', { operation: 'delete', source: 'argument' });
    kernel.file(shell, '/src/app/a', { operation: 'create' });
    kernel.file(shell, '/src/app/a', { operation: 'rename', source: 'argument', path2: '/src/app/b' });
  });
  assert.deepEqual(
    spanNamed(spans, 'sh').events.map(({ name, attributes }) => [name, ...Object.values(attributes)]),
    [
      ['chaperone.file.change', '/src/app/a', 'create', 'file', 2],
      ['chaperone.file.change', '/src/app/a', 'delete', 'argument', 1],
      ['chaperone.file.change', '/src/app/a', 'rename', '/src/app/b', 'argument', 1],
    ],
  );
});

test('totals by operation and place stand on step and job, and add up', () => {
  const spans = told((kernel, shell) => {
    kernel.file(shell, '/src/app/a', { operation: 'create' });
    kernel.file(shell, '/tmp/b');
    kernel.file(shell, '/etc/c', { operation: 'delete' });
    kernel.file(shell, '', { operation: 'write', source: 'none', count: 41 });
  });
  const totals = Object.entries(jobOf(spans).attributes).filter(([key]) => key.startsWith('chaperone.files.'));
  assert.deepEqual(Object.fromEntries(totals), {
    'chaperone.files.operations.create': 1,
    'chaperone.files.operations.write': 42,
    'chaperone.files.operations.delete': 1,
    'chaperone.files.changes.workspace': 1,
    'chaperone.files.changes.temporary': 1,
    'chaperone.files.changes.other': 1,
    'chaperone.files.changes.repeated': 41,
    'chaperone.files.changes.count': 44,
    'chaperone.files.watched': 'yes',
  });
  const step = spans.find(({ attributes }) => 'chaperone.step.ordinal' in attributes);
  assert.equal(step?.attributes['chaperone.files.changes.count'], 44);
});

test('of changes elsewhere only the number is told, unless the policy asks for the folder', () => {
  const act = (kernel: FakeKernel, shell: FakeProcess) => void kernel.file(shell, '/etc/hosts');
  assert.deepEqual(spanNamed(told(act), 'sh').events, []);
  const policy = () => ({ ...noPolicy, files: { watch: 'Always' as const, paths: ['/etc'] } });
  assert.equal(spanNamed(told(act, { policy }), 'sh').events[0]?.attributes['file.path'], '/etc/hosts');
});

test('a span takes so many events, a read secret among them whatever came before, and says how many it left out', () => {
  const spans = told((kernel, shell) => {
    for (let i = 0; i < 100; i += 1) kernel.file(shell, `/src/app/${i}`);
    kernel.file(shell, '/root/.npmrc', { operation: 'read' });
  });
  const { events, attributes } = spanNamed(spans, 'sh');
  assert.ok(events.length <= maxSpanEvents);
  assert.equal(events.at(-1)?.name, 'chaperone.file.read');
  assert.equal(attributes['chaperone.events.untold'], 101 - events.length);
});

test('a process that read a secret is never folded, however many there are', () => {
  const spans = told((kernel, shell) => {
    for (let i = 0; i < 1000; i += 1) kernel.run(shell, '/bin/noise');
    const thief = kernel.spawn(shell, '/bin/cat');
    kernel.file(thief, '/proc/7/environ', { operation: 'read' });
    kernel.exit(thief);
  });
  const [event] = spanNamed(spans, 'cat').events;
  assert.deepEqual(event?.attributes, {
    'file.path': '/proc/7/environ',
    'chaperone.file.operation': 'read',
    'chaperone.file.source': 'file',
    'chaperone.file.secret': 'process',
    'chaperone.file.owner.pid': 7,
    'chaperone.count': 1,
  });
  assert.equal(jobOf(spans).attributes['chaperone.files.secrets.count'], 1);
});

test('what changes in the workspace is told, however much a process has changed elsewhere before', () => {
  const spans = told((kernel, shell) => {
    for (let number = 0; number < 100; number += 1) kernel.file(shell, `/home/me/.agent/state-${number}`);
    kernel.file(shell, '/src/app/sum.js', { operation: 'write' });
  });
  assert.ok(spanNamed(spans, 'sh').events.some(({ attributes }) => attributes['file.path'] === '/src/app/sum.js'));
});

test('the events of processes that are folded are counted where they would have stood', () => {
  const spans = told((kernel, shell) => {
    for (let i = 0; i < 1000; i += 1) {
      const writer = kernel.spawn(shell, '/bin/touch');
      kernel.file(writer, `/src/app/${i}`, { operation: 'create' });
      kernel.exit(writer);
    }
  });
  const listed = spans.flatMap(({ events }) => events).length;
  const { attributes } = jobOf(spans);
  assert.equal(attributes['chaperone.files.operations.create'], 1000);
  assert.equal(Number(attributes['chaperone.coverage.folded.events']) + listed, 1000);
  assert.ok(listed > 0);
});

test('reads of what is no secret leave nothing behind', () => {
  const spans = told((kernel, shell) => {
    kernel.file(shell, '/src/token', { operation: 'read' });
    kernel.file(shell, `/proc/${shell.pid}/environ`, { operation: 'read' });
    kernel.file(shell, '', { operation: 'read', source: 'none', count: 9 });
  });
  assert.deepEqual(spanNamed(spans, 'sh').events, []);
  assert.equal(jobOf(spans).attributes['chaperone.files.secrets.count'], undefined);
});

test('a hostile name is made harmless, and bounded', () => {
  const spans = told((kernel, shell) => void kernel.file(shell, `/src/app/\x1b[2J\n\u202e${'x'.repeat(3000)}`));
  const path = String(spanNamed(spans, 'sh').events[0]?.attributes['file.path']);
  assert.match(path, /^\/src\/app\/\\x1b\[2J\\n\\u\{202e\}x+…$/);
  assert.ok(path.length <= 512);
});

test('files of a process that is not known count at the job', () => {
  const spans = told((kernel) => void kernel.file(kernel.process(), '/src/app/a'));
  assert.equal(jobOf(spans).attributes['chaperone.files.changes.workspace'], 1);
});

test('a job whose policy asks later than its sensor began says that its files were not watched', () => {
  const kernel = new FakeKernel();
  kernel.exit(kernel.spawn(kernel.process(), '/bin/sh'));
  const policy = () => ({ ...noPolicy, files: { watch: 'Always' as const, paths: [] } });
  const job = (options: object) => jobOf(replay(kernel, { engine: 'generic', identity: command, ...options }).spans);
  assert.equal(job({ policy }).attributes['chaperone.files.watched'], 'pending');
  assert.equal(job({}).attributes['chaperone.files.watched'], 'no');
});

test('a job in Auto says why its files were not watched: what it costs here, or that it was not proved', () => {
  const attributesOf = (changes: Partial<HelloEvent>) => {
    const kernel = new FakeKernel();
    kernel.exit(kernel.spawn(kernel.process(), '/bin/sh'));
    return jobOf(replay(kernel, { engine: 'generic', identity: command }, helloEvent(changes)).spans).attributes;
  };
  const reason = (changes: Partial<HelloEvent>) => attributesOf(changes)['chaperone.files.unwatched.reason'];
  assert.match(String(reason({ fileWatch: 'Auto' })), /costs every system call/);
  assert.match(String(reason({ fileWatch: 'Auto', tier: 'lsm' })), /did not prove themselves/);
  assert.match(String(reason({ fileWatch: 'Never' })), /was off/);
  assert.equal(reason({ fileWatch: 'Auto', tier: 'lsm', watchesFiles: true }), undefined);
  assert.equal(reason({ armed: false, tier: 'blind' }), undefined);
});

test('events through a ring of their own leave no gap in the account', () => {
  const spans = told((kernel, shell) => {
    for (let i = 0; i < 5; i += 1) {
      kernel.file(shell, `/src/app/${i}`);
      kernel.run(shell, '/bin/true');
    }
  });
  assert.equal(jobOf(spans).attributes['chaperone.coverage.gaps'], 0);
});
