import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Severity, severities } from '../../crds/finding.ts';
import { FindingQueue, type QueuedFinding } from './finding-queue.ts';
import { findingNumber } from './testing/findings.ts';

function queued(number: number, severity: Severity, bytes: number): QueuedFinding {
  const kept = { spanClass: 'finding', priority: true, resource: '', text: '', bytes } as const;
  return { finding: findingNumber(number, severity), text: '', bytes, kept };
}

const severity = fc.constantFrom(...severities);
const arrivals = fc.array(fc.record({ severity, bytes: fc.integer({ min: 1, max: 400 }) }), { maxLength: 60 });
const limits = fc.record({
  findings: fc.integer({ min: 1, max: 20 }),
  bytes: fc.integer({ min: 400, max: 2_000 }),
});
const everything = { findings: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY };
const rank = (item: QueuedFinding) => severities.indexOf(item.finding.severity);

/** All that arrived, in order; what waits; what gave way, in order. */
function fill(most: { findings: number; bytes: number }, all: readonly { severity: Severity; bytes: number }[]) {
  const queue = new FindingQueue(most);
  const arrived = all.map((each, index) => queued(index, each.severity, each.bytes));
  const shed = arrived.flatMap((item) => queue.add(item));
  return { queue, arrived, shed, waiting: queue.first(everything) };
}

test('what arrived waits or gave way, never both, and never more waits than the limits allow', () => {
  fc.assert(
    fc.property(limits, arrivals, (most, all) => {
      const { queue, arrived, shed, waiting } = fill(most, all);
      assert.deepEqual(new Set([...waiting, ...shed]), new Set(arrived));
      assert.equal(waiting.length + shed.length, arrived.length);
      assert.ok(waiting.length <= most.findings && queue.bytes <= most.bytes);
      assert.equal(
        queue.bytes,
        waiting.reduce((sum, { bytes }) => sum + bytes, 0),
      );
    }),
  );
});

test('the most severe goes first, of equals the oldest', () => {
  fc.assert(
    fc.property(limits, arrivals, (most, all) => {
      const { arrived, waiting } = fill(most, all);
      const order = (one: QueuedFinding, other: QueuedFinding) =>
        rank(other) - rank(one) || arrived.indexOf(one) - arrived.indexOf(other);
      assert.deepEqual(waiting, [...waiting].sort(order));
    }),
  );
});

test('nothing gives way to what is less severe', () => {
  fc.assert(
    fc.property(limits, arrivals, (most, all) => {
      const queue = new FindingQueue(most);
      for (const [index, each] of all.entries()) {
        const shed = queue.add(queued(index, each.severity, each.bytes));
        const mildest = Math.min(...queue.items.map(rank));
        for (const item of shed) assert.ok(rank(item) <= mildest);
      }
    }),
  );
});

test('a batch keeps to its limits, but one finding always goes', () => {
  fc.assert(
    fc.property(limits, arrivals, limits, (most, all, atOnce) => {
      const { queue } = fill(most, all);
      const batch = queue.first(atOnce);
      assert.ok(batch.length <= atOnce.findings);
      assert.equal(batch.length === 0, queue.length === 0);
      assert.ok(batch.length === 1 || batch.reduce((sum, { bytes }) => sum + bytes, 0) <= atOnce.bytes);
    }),
  );
});
