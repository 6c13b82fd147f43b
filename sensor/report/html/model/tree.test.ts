import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ancestorsOf, parentsOf, positionsOf, shownItems, sizesOf } from './tree.ts';
import { actionFor, type TreeState } from './tree-keys.ts';

const depths = [0, 1, 2, 2, 1, 0];
const parents = parentsOf(depths.map((depth) => ({ depth })));
const sizes = sizesOf(parents);
const labels = ['job', 'install', 'npm', 'node', 'test', 'other'];
const items = depths.map((depth, index) => ({ depth, size: sizes[index] ?? 0, label: labels[index] ?? '' }));

test('a list with depths is read as a tree', () => {
  assert.deepEqual(parents, [-1, 0, 1, 1, 0, -1]);
  assert.deepEqual(sizes, [4, 2, 0, 0, 0, 0]);
  assert.deepEqual(ancestorsOf(parents, 3), [1, 0]);
  assert.deepEqual(positionsOf(parents)[3], { place: 2, of: 2 });
});

test('what lies below a closed item does not show', () => {
  assert.deepEqual(shownItems(items, new Set([1])), [0, 1, 4, 5]);
  assert.deepEqual(shownItems(items, new Set([0, 1])), [0, 5]);
});

test('of any tree exactly the items without a closed ancestor show', () => {
  const tree = fc.array(fc.nat(3), { maxLength: 30 }).map((steps) => {
    let depth = 0;
    return steps.map((step, index) => {
      depth = index === 0 ? 0 : Math.max(0, Math.min(depth + 1, depth + 2 - step));
      return depth;
    });
  });
  fc.assert(
    fc.property(tree, fc.array(fc.nat(29)), (list, closed) => {
      const above = parentsOf(list.map((depth) => ({ depth })));
      const below = sizesOf(above);
      const shown = shownItems(
        list.map((depth, index) => ({ depth, size: below[index] ?? 0 })),
        new Set(closed),
      );
      const visible = list.flatMap((_, index) =>
        ancestorsOf(above, index).some((ancestor) => closed.includes(ancestor)) ? [] : [index],
      );
      assert.deepEqual(shown, visible);
    }),
  );
});

function press(key: string, active: number, closed: number[] = []) {
  const set = new Set(closed);
  const state: TreeState = { items, parents, shown: shownItems(items, set), closed: set, active, page: 3 };
  return actionFor(key, state);
}

test('the arrow keys walk the lines that show, and stop at the ends', () => {
  assert.deepEqual(press('ArrowDown', 1, [1]), { kind: 'focus', item: 4 });
  assert.deepEqual(press('ArrowUp', 4), { kind: 'focus', item: 3 });
  assert.equal(press('ArrowUp', 0), null);
  assert.equal(press('ArrowDown', 5), null);
  assert.deepEqual(
    ['Home', 'End', 'PageDown', 'PageUp'].map((key) => press(key, 1)),
    [0, 5, 4, 0].map((item) => ({ kind: 'focus', item })),
  );
});

test('right opens or goes in, left closes or goes out', () => {
  assert.deepEqual(press('ArrowRight', 1, [1]), { kind: 'open', items: [1] });
  assert.deepEqual(press('ArrowRight', 1), { kind: 'focus', item: 2 });
  assert.equal(press('ArrowRight', 2), null);
  assert.deepEqual(press('ArrowLeft', 1), { kind: 'close', items: [1] });
  assert.deepEqual(press('ArrowLeft', 3), { kind: 'focus', item: 1 });
  assert.equal(press('ArrowLeft', 5), null);
});

test('a letter goes to the next line that begins with it, an asterisk opens the siblings, Enter chooses', () => {
  assert.deepEqual(press('N', 2), { kind: 'focus', item: 3 });
  assert.deepEqual(press('n', 3), { kind: 'focus', item: 2 });
  assert.equal(press('x', 3), null);
  assert.deepEqual(press('*', 4), { kind: 'open', items: [1] });
  assert.deepEqual(press('Enter', 4), { kind: 'choose', item: 4 });
  assert.equal(press('Tab', 4), null);
});
