import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import * as ours from '../../crds/attributes.ts';
import { registeredEvents, registry } from './registry.ts';
import { registerFaults, shownRows } from './testing/conformance.ts';
import { everyKind } from './testing/every-kind.ts';

const repository = join(import.meta.dirname, '../..');
const recordings = everyKind();
const spans = recordings.flatMap((recording) => recording.spans);
const resources = recordings.flatMap((recording) => recording.resources);

test('every attribute and event that leaves is in the register', () => {
  assert.deepEqual(registerFaults(spans, resources), []);
});

test('every attribute in the register leaves in the scenario of all kinds, or in the test that it names', () => {
  const shown = shownRows(spans, resources);
  const missing = registry.filter((row) => !shown.has(row) && !isShownElsewhere(row));
  assert.deepEqual(
    missing.map(({ name }) => name),
    [],
  );
});

/** The test names the attribute, itself or by its constant. */
function isShownElsewhere({ name, shownBy }: (typeof registry)[number]): boolean {
  if (shownBy === undefined) return false;
  const text = readFileSync(join(repository, shownBy), 'utf8');
  const constant = Object.entries(ours).find(([, value]) => value === name)?.[0];
  return text.includes(name) || (constant !== undefined && text.includes(constant));
}

test('every event in the register happens in the scenario', () => {
  const happened = new Set(spans.flatMap(({ events }) => events.map(({ name }) => name)));
  assert.deepEqual(
    Object.keys(registeredEvents).filter((name) => !happened.has(name)),
    [],
  );
});
