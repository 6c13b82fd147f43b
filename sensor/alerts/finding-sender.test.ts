import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { findingsCoveragePrefix } from '../../crds/attributes.ts';
import type { Finding } from '../../crds/finding.ts';
import { findingSchema } from '../../crds/finding-schema.ts';
import { Ledger } from '../export/account.ts';
import { type Clock, systemClock } from '../export/clock.ts';
import { deliveryWord } from '../export/delivery-attributes.ts';
import { ServerAddress } from '../export/server-address.ts';
import { SpanSpill } from '../export/span-spill.ts';
import { type Collector, startCollector } from '../export/testing/collector.ts';
import { createFindingSender, type FindingSender, type FindingSenderOptions } from './finding-sender.ts';
import { findingNumber, subjectsIn } from './testing/findings.ts';

const startGateway = (conducts: Collector['conducts'] = []) => startCollector(conducts, { names: subjectsIn });

function senderTo(gateway: Collector, options: Partial<FindingSenderOptions> = {}): FindingSender & Disposable {
  const sender = createFindingSender({
    url: gateway.origin,
    headers: async () => ({ authorization: 'Bearer token' }),
    address: new ServerAddress(),
    clock: systemClock,
    onFailure: () => {},
    onDrop: () => {},
    ...options,
  });
  return Object.assign(sender, {
    [Symbol.dispose]: () => {
      sender.close();
    },
  });
}

/** Waits no time, and writes down how long it should have been. */
function quickClock(waits: number[]): Clock {
  return {
    ...systemClock,
    after(ms, action) {
      // The limit of a request stays as it is.
      if (ms === 5_000) return systemClock.after(ms, action);
      waits.push(ms);
      return systemClock.after(0, action);
    },
  };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await delay(5);
}

const names = (findings: readonly Finding[]) => findings.map(({ subject }) => subject.name);
const numbers = (count: number) => Array.from({ length: count }, (_, index) => findingNumber(index));

test('a finding leaves without a pause, with the token, in the form that the gateway takes', async () => {
  await using gateway = await startGateway();
  const waits: number[] = [];
  using sender = senderTo(gateway, { clock: quickClock(waits) });
  sender.tell(findingNumber(1));
  await until(() => gateway.accepted.length === 1);
  assert.deepEqual([waits[0], gateway.authorizations], [0, ['Bearer token']]);
  const [finding] = JSON.parse(gateway.bodies[0] ?? '').findings;
  assert.deepEqual(findingSchema.parse(finding), findingNumber(1));
});

test('what is found together goes together, the most severe first', async () => {
  await using gateway = await startGateway();
  using sender = senderTo(gateway);
  sender.tell(findingNumber(1, 'Low', 'low'));
  sender.tell(findingNumber(2, 'Critical', 'critical'));
  sender.tell(findingNumber(3, 'Low', 'later'));
  await until(() => gateway.accepted.length > 0);
  assert.deepEqual([gateway.accepted, gateway.bodies.length], [['critical', 'low', 'later'], 1]);
});

for (const conduct of [{ status: 429 }, { status: 503 }, { status: 404 }, { status: 401 }, 'reset'] as const) {
  test(`tries again soon after ${JSON.stringify(conduct)}`, async () => {
    await using gateway = await startGateway([conduct]);
    const waits: number[] = [];
    using sender = senderTo(gateway, { clock: quickClock(waits) });
    sender.tell(findingNumber(1));
    await until(() => gateway.accepted.length === 1);
    assert.deepEqual(waits.slice(0, 2), [0, 100]);
  });
}

test('waits as long as Retry-After asks', async () => {
  await using gateway = await startGateway([{ status: 429, headers: { 'retry-after': '7' } }]);
  const waits: number[] = [];
  using sender = senderTo(gateway, { clock: quickClock(waits) });
  sender.tell(findingNumber(1));
  await until(() => gateway.accepted.length === 1);
  assert.deepEqual(waits.slice(0, 2), [0, 7_000]);
});

test('one finding that is refused takes no other along, and is counted', async () => {
  const refusal = (body: string) => ({ status: body.includes('host-9.') ? 400 : 200 });
  await using gateway = await startGateway(Array.from({ length: 100 }, () => refusal));
  const said: string[] = [];
  using sender = senderTo(gateway, {
    onDrop: (reason, count, message) => said.push(`${reason} ${count}: ${message}`),
  });
  for (const finding of numbers(64)) sender.tell(finding);
  await sender.flush({ deadlineMs: 20_000 });
  assert.equal(new Set(gateway.accepted).size, 63);
  assert.deepEqual(said, ['refused 1: the server answered 400']);
  assert.deepEqual(sender.account().dropped.byReason.refused, 1);
});

test('a batch keeps to what the gateway takes, 64 findings and 128 KiB', async () => {
  await using gateway = await startGateway();
  using sender = senderTo(gateway);
  for (const finding of numbers(150)) sender.tell(finding);
  for (const finding of numbers(100)) sender.tell({ ...finding, text: '€'.repeat(2_048) });
  await sender.flush({ deadlineMs: 20_000 });
  assert.equal(gateway.accepted.length, 250);
  for (const body of gateway.bodies)
    assert.ok(subjectsIn(body).length <= 64 && Buffer.byteLength(body) <= 128 * 1024, String(body.length));
});

test('a stream of findings costs the pod no more than two requests a second', async () => {
  await using gateway = await startGateway();
  const pauses: (() => void)[] = [];
  using sender = senderTo(gateway, {
    clock: {
      ...systemClock,
      after: (ms, action) => {
        if (ms !== 500) return systemClock.after(ms, action);
        pauses.push(action);
        return () => {};
      },
    },
  });
  sender.tell(findingNumber(1));
  await until(() => pauses.length === 1);
  for (const finding of numbers(3)) sender.tell(finding);
  assert.equal(gateway.bodies.length, 1);
  pauses[0]?.();
  await until(() => pauses.length === 2);
  assert.deepEqual([gateway.bodies.length, gateway.accepted.length], [2, 4]);
});

test('where too many wait the least severe gives way, and the job says so', async () => {
  await using gateway = await startGateway([{ status: 503, headers: { 'retry-after': '300' } }]);
  using sender = senderTo(gateway);
  for (const finding of numbers(500)) sender.tell(finding);
  for (let n = 500; n < 600; n += 1) sender.tell(findingNumber(n, 'Low'));
  sender.tell(findingNumber(600, 'Critical', 'worst'));
  await until(() => sender.account().lastFailure !== '');
  const { attributes, lost } = deliveryWord(new Ledger().read(0, 0), sender.account());
  assert.equal(attributes[`${findingsCoveragePrefix}cause.overflow`], 101);
  assert.equal(attributes[`${findingsCoveragePrefix}waiting`], 500);
  assert.equal(lost, 0, 'the spans of findings are not lost with their notices');
});

test('says what waits each time that it changes, and in the end that nothing does', async () => {
  await using gateway = await startGateway([{ status: 503 }]);
  const said: string[][] = [];
  using sender = senderTo(gateway, { onWaiting: (findings) => said.push(names(findings)) });
  sender.tell(findingNumber(1, 'Low', 'one'));
  sender.tell(findingNumber(2, 'High', 'two'));
  await until(() => gateway.accepted.length === 2 && said.length === 3);
  assert.deepEqual(said, [['one'], ['two', 'one'], []]);
});

test('a gateway that is away for ten minutes by the clock costs no finding, and few requests', async () => {
  await using gateway = await startGateway();
  await gateway.leave();
  const times = 200;
  const start = performance.now();
  const now = () => (performance.now() - start) * times;
  let tries = 0;
  const headers = async () => {
    tries += 1;
    return {};
  };
  const clock = {
    ...systemClock,
    now,
    after: (ms: number, action: () => void) => systemClock.after(ms / times, action),
  };
  using sender = senderTo(gateway, { clock, headers });
  for (const finding of numbers(200)) sender.tell(finding);
  await until(() => now() > 600_000);
  // Doubling from 0.1 s to 30 s, and then every 30 s: 10 and 19.
  assert.ok(tries < 40, String(tries));
  await gateway.listen();
  await until(() => sender.account().queued === 0);
  assert.equal(new Set(gateway.accepted).size, 200);
});

/** A scratch volume that outlives the sensors on it. */
function scratchVolume() {
  const folder = mkdtempSync(join(tmpdir(), 'chaperone-findings-'));
  return {
    open: () => new SpanSpill(join(folder, 'findings'), 3 * 1024 * 1024),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  };
}

test('what waits when the process ends is told by the next one, and what was told is not told again', async () => {
  await using gateway = await startGateway();
  using volume = scratchVolume();
  const first = senderTo(gateway, { spill: volume.open() });
  first.tell(findingNumber(1));
  await first.flush({ deadlineMs: 20_000 });
  await gateway.leave();
  first.tell(findingNumber(2));
  assert.equal(first.close().dropped.byReason.unsent, 1);
  await gateway.listen();
  const spill = volume.open();
  using second = senderTo(gateway, { spill });
  for (const finding of numbers(4)) second.tell(finding);
  spill.forgetKnown();
  await second.flush({ deadlineMs: 20_000 });
  assert.deepEqual(gateway.accepted.toSorted(), [0, 1, 2, 3].map((n) => `host-${n}.example.com`).toSorted());
  assert.equal(second.account().sent, 4);
});
