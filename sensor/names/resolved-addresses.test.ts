import assert from 'node:assert/strict';
import { test } from 'node:test';
import { beginLookup } from './lookup.ts';
import { ResolvedAddresses, type ResolvedLimits } from './resolved-addresses.ts';

const step = {};
const at = { time: 1n, resolver: '10.96.0.10' };

function resolved(limits: Partial<ResolvedLimits> = {}) {
  const addresses = new ResolvedAddresses(limits);
  return {
    addresses,
    add: (image: string, name: string, address = 'x', scope = step) =>
      addresses.add(address, beginLookup(name, at), { image, scope }),
    find: (...chain: string[]) => {
      const origin = addresses.find('x', step, chain);
      return origin === null ? null : [origin.nearness, ...origin.lookups.map(({ name }) => name)];
    },
  };
}

test("the process's own lookup is nearest, then one above it, then any of the step", () => {
  const { add, find } = resolved();
  add('stranger', 's.test');
  assert.deepEqual(find('child', 'parent'), ['step', 's.test']);
  add('parent', 'p.test');
  assert.deepEqual(find('child', 'parent'), ['ancestor', 'p.test']);
  add('child', 'c.test');
  assert.deepEqual(find('child', 'parent'), ['process', 'c.test']);
});

test('two names of one address are both told, and the same name asked for again is one', () => {
  const { add, find } = resolved();
  add('one', 'a.test');
  add('one', 'a.test');
  assert.deepEqual(find('one'), ['process', 'a.test']);
  add('one', 'b.test');
  assert.deepEqual(find('one'), ['process', 'a.test', 'b.test']);
});

test('another step does not know', () => {
  const { add, find } = resolved();
  add('one', 'a.test', 'x', {});
  assert.equal(find('one'), null);
});

test('where an asker had to make room, nobody above it passes for the nearest', () => {
  const { add, find } = resolved({ images: 1 });
  add('child', 'c.test');
  add('parent', 'p.test');
  assert.deepEqual(find('child', 'parent'), ['step', 'c.test', 'p.test']);
});

test('the address that was used least lately makes room, and is counted', () => {
  const { addresses, add, find } = resolved({ addresses: 2 });
  add('one', 'a.test');
  add('one', 'b.test', 'y');
  find('one');
  add('one', 'c.test', 'z');
  assert.deepEqual(
    [find('one'), addresses.find('y', step, ['one']), addresses.evicted],
    [['process', 'a.test'], null, 1],
  );
});

test('processes that began before the sensor are not one process', () => {
  const { add, find } = resolved();
  add('0'.repeat(16), 'a.test');
  assert.deepEqual(find('0'.repeat(16)), ['step', 'a.test']);
});
