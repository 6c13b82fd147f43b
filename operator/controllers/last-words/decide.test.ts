import assert from 'node:assert/strict';
import { test } from 'node:test';
import fastCheck from 'fast-check';
import { findingSchema } from '../../../crds/finding-schema.ts';
import { lastWordsMark, writeLastWords } from '../../../crds/last-words.ts';
import { lastWordsAnnotation, sensorContainer } from '../../../crds/names.ts';
import { aFinding } from '../../alerts/testing/findings.ts';
import type { ContainerStatus, Pod } from '../../kube/objects.ts';
import { aPod } from '../testing/builders.ts';
import { decideLastWords } from './decide.ts';

const ended = (message: string) => ({ terminated: { exitCode: 137, message } });

function podThatSaid(status: Partial<ContainerStatus>, taken?: string): Pod {
  const pod = aPod({ phase: 'Failed' });
  const annotations = taken === undefined ? {} : { [lastWordsAnnotation]: taken };
  const initContainerStatuses = [{ name: sensorContainer, restartCount: 0, ...status }];
  return { ...pod, metadata: { ...pod.metadata, annotations }, status: { phase: 'Failed', initContainerStatuses } };
}

const idsIn = (pod: Pod) => decideLastWords(pod)?.findings.map(({ id }) => id);
const [one, two, three] = [aFinding(1), aFinding(2), aFinding(3)];

test('The findings of a killed sensor are found in the state of its container, also after it was started again', () => {
  assert.deepEqual(idsIn(podThatSaid({ state: ended(writeLastWords([one, two])) })), [one.id, two.id]);
  assert.deepEqual(idsIn(podThatSaid({ lastState: ended(writeLastWords([one])) })), [one.id]);
  const twice = { state: ended(writeLastWords([three])), lastState: ended(writeLastWords([one, three])) };
  assert.deepEqual(idsIn(podThatSaid(twice)), [three.id, one.id]);
});

test('A pod that runs, or whose sensor had nothing to tell or said why it is not armed, has no last words', () => {
  for (const status of [{}, { state: ended('') }, { lastState: ended('the kernel has no BTF') }])
    assert.equal(decideLastWords(podThatSaid(status)), undefined);
  assert.equal(decideLastWords(aPod()), undefined);
});

test('Words that were taken are not taken again, and others of the same pod are', () => {
  const status = { state: ended(writeLastWords([one])) };
  const { digest } = decideLastWords(podThatSaid(status)) ?? {};
  assert.equal(decideLastWords(podThatSaid(status, digest)), undefined);
  assert.deepEqual(idsIn(podThatSaid({ state: ended(writeLastWords([two])) }, digest)), [two.id]);
});

test('Wherever the kubelet cuts the words off, what stands whole before that is found', () => {
  const words = writeLastWords([one, two, three]);
  const whole = words.split('\n').slice(1, -1);
  for (let length = 0; length <= words.length; length += 1) {
    const lines = words.slice(0, length).split('\n').slice(1);
    const expected = [one, two, three].filter((_, index) => lines[index] === whole[index]).map(({ id }) => id);
    assert.deepEqual(idsIn(podThatSaid({ state: ended(words.slice(0, length)) })) ?? [], expected);
  }
});

test('Whatever a job writes there, nothing but findings comes of it, and few', () => {
  const line = fastCheck.oneof(
    fastCheck.json(),
    fastCheck.string({ unit: 'binary' }),
    fastCheck.constant(JSON.stringify(one)),
    fastCheck
      .dictionary(fastCheck.constantFrom('id', 'text', 'rule', '__proto__'), fastCheck.anything())
      .map((more) => {
        try {
          return JSON.stringify({ ...one, ...more });
        } catch {
          return '{';
        }
      }),
  );
  const message = fastCheck.oneof(
    fastCheck.string({ unit: 'binary', maxLength: 8_000 }),
    fastCheck.array(line, { maxLength: 50 }).map((lines) => [`${lastWordsMark} 9`, ...lines].join('\n')),
  );
  fastCheck.assert(
    fastCheck.property(message, (text) => {
      const found = decideLastWords(podThatSaid({ state: ended(text) }))?.findings ?? [];
      assert.ok(found.length <= 20);
      for (const finding of found) assert.deepEqual(findingSchema.parse(finding), finding);
    }),
  );
});
