import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { createFastClock, until } from '../runtime/testing/clocks.ts';
import { connectPlain } from './connection.ts';
import type { KubeObject } from './objects.ts';
import { createReflector, type Reflector } from './reflector.ts';
import { services } from './resources.ts';
import { type FakeApiServer, type Fault, faults, startFakeApiServer } from './testing/fake-api-server.ts';
import { createTransport } from './transport.ts';

interface Rig {
  server: FakeApiServer;
  reflector: Reflector<KubeObject>;
  errors: unknown[];
  stop(): Promise<void>;
}

/** A reflector of Services on a fake server; waits are a thousandth of the real ones. */
async function rig({ pageSize = 500, start = true } = {}): Promise<Rig> {
  const server = await startFakeApiServer(services, pageSize);
  const clock = createFastClock(1000);
  const transport = createTransport({ connection: connectPlain(server.url), clock, random: Math.random });
  const errors: unknown[] = [];
  const reflector = createReflector<KubeObject>({
    transport,
    selection: { resource: services },
    clock,
    random: Math.random,
    indexers: { team: ({ metadata }) => (metadata.labels?.team === undefined ? [] : [metadata.labels.team]) },
    onError: (error) => errors.push(error),
  });
  if (start) await reflector.start();
  const stop = async (): Promise<void> => {
    await reflector.stop();
    await transport.close();
    await server.close();
  };
  return { server, reflector, errors, stop };
}

async function rigFor(t: TestContext, options?: { pageSize?: number; start?: boolean }): Promise<Rig> {
  const made = await rig(options);
  t.after(made.stop);
  return made;
}

function sameAsServer({ server, reflector }: Rig): boolean {
  const sort = (objects: readonly KubeObject[]): KubeObject[] =>
    objects.toSorted((a, b) => a.metadata.name.localeCompare(b.metadata.name));
  return JSON.stringify(sort(server.objects())) === JSON.stringify(sort(reflector.store.list()));
}

const name = fc.constantFrom('a', 'b', 'c');
const change = fc.oneof(
  fc.record({ do: fc.constant('set' as const), name }),
  fc.record({ do: fc.constant('remove' as const), name }),
);
type ObjectChange = { do: 'set' | 'remove'; name: string };

/** The connection is lost; things change and requests go wrong before it is back. */
const outage = fc.record({
  do: fc.constant('outage' as const),
  changes: fc.array(change, { maxLength: 6 }),
  faults: fc.array(fc.constantFrom<Fault>(...faults), { maxLength: 3 }),
  forget: fc.boolean(),
});
const step = fc.oneof(change, outage, fc.record({ do: fc.constant('catch up' as const) }));
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

async function play(made: Rig, one: Step): Promise<void> {
  if (one.do === 'catch up') await until(() => sameAsServer(made));
  else if (one.do === 'outage') playOutage(made.server, one);
  else playChange(made.server, one);
}

function playChange(server: FakeApiServer, one: ObjectChange): void {
  if (one.do === 'set') server.set(one.name, {});
  else server.remove(one.name);
}

function playOutage(
  server: FakeApiServer,
  { changes, faults, forget }: { changes: ObjectChange[]; faults: Fault[]; forget: boolean },
): void {
  server.inject(...faults);
  server.cut();
  for (const one of changes) playChange(server, one);
  if (forget) server.compact();
}

test('The store equals the server after any sequence of changes and faults', { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 30 }), async (steps) => {
      const made = await rig({ pageSize: 2, start: false });
      try {
        void made.reflector.start();
        for (const one of steps) await play(made, one);
        await until(() => sameAsServer(made) && made.reflector.store.hasSynced());
      } finally {
        await made.stop();
      }
    }),
    { numRuns: 60 },
  );
});

test('A list longer than a page is read to its end', async (t) => {
  const made = await rigFor(t, { pageSize: 3, start: false });
  for (let n = 0; n < 10; n += 1) made.server.set(`service-${n}`, {});
  await made.reflector.start();
  assert.equal(made.reflector.store.list().length, 10);
  assert.equal(made.server.requests.filter((request) => request === 'LIST').length, 4);
});

test('A watch that was cut goes on from the last event without a new list', async (t) => {
  const made = await rigFor(t);
  made.server.set('a', {});
  await until(() => sameAsServer(made));
  made.server.cut();
  made.server.set('b', {});
  await until(() => sameAsServer(made));
  assert.equal(made.server.requests.filter((request) => request === 'LIST').length, 1);
});

test('A watch from a forgotten version lists again and keeps the old content until then', async (t) => {
  const made = await rigFor(t);
  made.server.set('a', {});
  await until(() => sameAsServer(made));
  made.server.inject('expired', 'internal-error');
  made.server.cut();
  await until(() => made.errors.length >= 3);
  assert.ok(made.reflector.store.get('default/a'));
  made.server.set('b', {});
  await until(() => sameAsServer(made));
});

test('An object made again under the same name is a deletion and an addition', async (t) => {
  const made = await rigFor(t);
  made.server.set('a', {});
  await until(() => sameAsServer(made));
  const seen: string[] = [];
  made.reflector.store.onChange(({ type, object }) => seen.push(`${type} ${object.metadata.uid}`));
  made.server.inject('expired');
  made.server.remove('a');
  made.server.cut();
  made.server.compact();
  made.server.set('a', {});
  await until(() => sameAsServer(made));
  assert.deepEqual(seen, ['added uid-1', 'deleted uid-1', 'added uid-2']);
});

test('A silent connection is given up after the idle limit', async (t) => {
  const made = await rigFor(t, { start: false });
  made.server.inject('slow', 'half-open');
  await made.reflector.start();
  made.server.set('a', {});
  await until(() => sameAsServer(made));
  assert.match(String(made.errors[0]), /went silent/);
});

test('What a handler throws reaches neither the loop nor the other handlers', async (t) => {
  const made = await rigFor(t);
  const seen: string[] = [];
  made.reflector.store.onChange(() => {
    throw new Error('handler broke');
  });
  made.reflector.store.onChange(({ object }) => seen.push(object.metadata.name));
  made.server.set('a', {});
  made.server.set('b', {});
  await until(() => seen.length === 2);
  assert.equal(made.errors.length, 2);
});

test('A server that ends each watch at once is not stormed', async (t) => {
  const made = await rigFor(t, { start: false });
  made.server.inject('slow', ...new Array<Fault>(6).fill('close-at-once'));
  await made.reflector.start();
  made.server.set('a', {});
  await until(() => sameAsServer(made));
  assert.ok(made.server.requests.length <= 9, made.server.requests.join());
});

test('An index finds objects by value and forgets old values', async (t) => {
  const made = await rigFor(t);
  const names = (team: string): string[] => made.reflector.store.byIndex('team', team).map((o) => o.metadata.name);
  made.server.set('a', { team: 'red' });
  made.server.set('b', { team: 'red' });
  await until(() => names('red').length === 2);
  made.server.set('a', { team: 'blue' });
  await until(() => names('blue').length === 1);
  assert.deepEqual(names('red'), ['b']);
  assert.throws(() => made.reflector.store.byIndex('colour', 'red'), /no index colour/);
});

test('Objects of a store cannot be changed', async (t) => {
  const made = await rigFor(t);
  made.server.set('a', { team: 'red' });
  await until(() => sameAsServer(made));
  const object = made.reflector.store.get('default/a');
  assert.throws(() => Object.assign(object?.metadata.labels ?? {}, { team: 'blue' }), TypeError);
});

test('Events out of order make it list again', async (t) => {
  const made = await rigFor(t);
  made.server.inject('reorder');
  made.server.cut();
  made.server.set('a', {});
  made.server.set('a', {});
  made.server.remove('a');
  await until(() => made.errors.some((error) => /came after/.test(String(error))));
  await until(() => sameAsServer(made));
});
