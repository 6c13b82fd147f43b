import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readFindings } from './read-findings.ts';
import { aFinding } from './testing/findings.ts';

test('a time of any length but a usual one makes no finding', () => {
  const long = aFinding(1, { time: `2026-05-01T10:00:00.${'0'.repeat(100_000)}Z` });
  const usual = aFinding(2, { time: '2026-05-01T10:00:00.123456789Z' });
  const { findings, rejected } = readFindings(Buffer.from(JSON.stringify({ findings: [long, usual] })));
  assert.deepEqual([findings, rejected], [[usual], 1]);
});
