import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeClient } from '../kube/client.ts';
import { KubeError } from '../kube/errors.ts';
import type { KubeObject } from '../kube/objects.ts';
import { createLease, type Lease } from './lease.ts';
import { createManualClock, type ManualClock, settle } from './testing/clocks.ts';
import { silentLog } from './testing/observers.ts';

/** One Lease object with the API server's optimistic locking; `answer` may fail a request. */
interface LeaseServer {
  client: KubeClient;
  holder(): string | undefined;
  /** While set, requests neither succeed nor fail. */
  hang: boolean;
  down: boolean;
}

function createLeaseServer(): LeaseServer {
  let stored: (KubeObject & { spec?: { holderIdentity?: string } }) | undefined;
  let version = 0;
  const refuse = (status: number): never => {
    throw new KubeError('kube-status', `refused with ${status}`, { status });
  };
  const reach = async (): Promise<void> => {
    if (server.hang) await new Promise(() => {});
    if (server.down) refuse(500);
  };
  const write = (object: KubeObject): KubeObject => {
    version += 1;
    stored = structuredClone({ ...object, metadata: { ...object.metadata, resourceVersion: String(version) } });
    return stored;
  };
  const client = {
    async get() {
      await reach();
      return structuredClone(stored ?? refuse(404));
    },
    async create(_: unknown, object: KubeObject) {
      await reach();
      return stored === undefined ? write(object) : refuse(409);
    },
    async update(_: unknown, object: KubeObject) {
      await reach();
      return object.metadata.resourceVersion === String(version) ? write(object) : refuse(409);
    },
  } as unknown as KubeClient;
  const server = { client, holder: () => stored?.spec?.holderIdentity, hang: false, down: false };
  return server;
}

interface Candidate {
  lease: Lease;
  leads(): boolean;
  isLost(): boolean;
}

function candidate(server: LeaseServer, clock: ManualClock, identity: string): Candidate {
  let leads = false;
  let isLost = false;
  const lease = createLease({
    client: server.client,
    clock,
    random: () => 0.5,
    log: silentLog,
    namespace: 'chaperone-system',
    name: 'chaperone-operator',
    identity,
    observe(now) {
      leads = now;
    },
  });
  void lease.lost.then(() => {
    isLost = true;
  });
  return { lease, leads: () => leads, isLost: () => isLost };
}

const forever = new AbortController().signal;

test('One of two candidates leads, and the other takes over at once after a release', async () => {
  const [server, clock] = [createLeaseServer(), createManualClock()];
  const [first, second] = [candidate(server, clock, 'first'), candidate(server, clock, 'second')];
  await first.lease.acquire(forever);
  void second.lease.acquire(forever);
  await clock.advance(120_000);
  assert.deepEqual([first.leads(), second.leads(), server.holder()], [true, false, 'first']);
  await first.lease.release();
  await clock.advance(3_000);
  assert.deepEqual([first.leads(), second.leads(), server.holder()], [false, true, 'second']);
});

test('A leader that cannot renew stops leading before another may lead', async () => {
  const [server, clock] = [createLeaseServer(), createManualClock()];
  const [first, second] = [candidate(server, clock, 'first'), candidate(createLeaseServer(), clock, 'second')];
  await first.lease.acquire(forever);
  await clock.advance(4_000);
  server.down = true;
  await clock.advance(10_000);
  assert.deepEqual([first.leads(), first.isLost()], [false, true]);
  assert.equal(second.leads(), false);
});

test('A request that hangs does not carry a leader past its deadline', async () => {
  const [server, clock] = [createLeaseServer(), createManualClock()];
  const first = candidate(server, clock, 'first');
  await first.lease.acquire(forever);
  server.hang = true;
  await clock.advance(10_000);
  assert.equal(first.isLost(), true);
});

test('A silent holder is followed 15 s after its last word was seen, whatever its own clock says', async () => {
  const [server, clock] = [createLeaseServer(), createManualClock()];
  const ahead = createManualClock(clock.now() + 86_400_000);
  const [first, second] = [candidate(server, ahead, 'first'), candidate(server, clock, 'second')];
  await first.lease.acquire(forever);
  void second.lease.acquire(forever);
  await clock.advance(14_000);
  assert.equal(second.leads(), false);
  await clock.advance(4_000);
  assert.equal(second.leads(), true);
});

test('An acquisition ends with its signal', async () => {
  const [server, clock] = [createLeaseServer(), createManualClock()];
  await candidate(server, clock, 'first').lease.acquire(forever);
  const stop = new AbortController();
  const acquired = candidate(server, clock, 'second').lease.acquire(stop.signal);
  await settle();
  stop.abort();
  assert.equal(await acquired, false);
});
