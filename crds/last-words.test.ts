import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Finding, severities } from './finding.ts';
import { findingSchema } from './finding-schema.ts';
import { lastWordsBytes, lastWordsMark, writeLastWords } from './last-words.ts';

const text = (maxLength: number) =>
  fc.string({ unit: 'binary', minLength: 1, maxLength }).map((each) => each.toWellFormed());
const finding: fc.Arbitrary<Finding> = fc.record({
  version: fc.constant(1),
  id: fc.constant('00000000000000ab'),
  rule: fc.constant('runner-memory'),
  severity: fc.constantFrom(...severities),
  subject: fc.record({ kind: fc.constant('process'), name: text(500) }),
  text: text(2_000),
  time: fc.constant('2026-11-23T01:00:00.000Z'),
  count: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  processes: fc.array(text(120), { maxLength: 16 }),
  job: fc.record({ name: text(120) }),
  evidence: fc.constant({ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) }),
});

test('whatever waits, the words keep within what the kubelet keeps, and say how many there are', () => {
  fc.assert(
    fc.property(fc.array(finding, { minLength: 1, maxLength: 12 }), (findings) => {
      const words = writeLastWords(findings);
      assert.ok(Buffer.byteLength(words) <= lastWordsBytes);
      assert.ok(words.startsWith(`${lastWordsMark} ${findings.length}\n`));
    }),
  );
});

test('the first three always find room, in the order given, each in the form of a finding', () => {
  fc.assert(
    fc.property(fc.array(finding, { minLength: 1, maxLength: 6 }), (findings) => {
      const lines = writeLastWords(findings).trimEnd().split('\n').slice(1);
      assert.ok(lines.length >= Math.min(3, findings.length));
      for (const [index, line] of lines.entries())
        assert.equal(findingSchema.parse(JSON.parse(line)).severity, findings[index]?.severity);
    }),
  );
});

test('the tool call of a coding agent is among what people need first, its command shortened', () => {
  const [one] = fc.sample(finding, 1);
  const toolCall = { agent: 'claude-code', tool: 'Bash', command: 'x'.repeat(500), callId: 'toolu_1' };
  const [, line] = writeLastWords([
    { ...(one as Finding), subject: { kind: 'host', name: 'h' }, text: 't', job: { name: 'build' }, toolCall },
  ]).split('\n');
  const { toolCall: told } = findingSchema.parse(JSON.parse(line ?? ''));
  assert.deepEqual([told?.agent, told?.callId, told?.command?.length], ['claude-code', 'toolu_1', 120]);
});

test('nothing that waits is nothing to say', () => {
  assert.equal(writeLastWords([]), '');
});
