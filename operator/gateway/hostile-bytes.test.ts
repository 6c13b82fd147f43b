import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fastCheck from 'fast-check';
import { findingSchema } from '../../crds/finding-schema.ts';
import { aFinding } from '../alerts/testing/findings.ts';
import { startGateway, traces } from './testing/gateway.ts';

describe('hostile bytes', () => {
  test('in a body never get an answer of 500 and never reach the back end malformed', async () => {
    await using gateway = await startGateway({ limits: { requestsPerSecond: 1e6, bytesPerSecond: 1e9 } });
    const mutated = fastCheck.tuple(fastCheck.nat(600), fastCheck.string({ maxLength: 8 })).map(([at, text]) => {
      const whole = traces([{ key: 'k8s.pod.name', value: {} }]);
      return whole.slice(0, at) + text + whole.slice(at + text.length);
    });
    const bodies = fastCheck.oneof(
      fastCheck.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      fastCheck.json(),
      mutated,
    );
    await fastCheck.assert(
      fastCheck.asyncProperty(
        bodies,
        fastCheck.constantFrom('/v1/traces', '/v1/hello', '/v1/findings'),
        async (body, path) => {
          const answer = await gateway.post(path, body);
          await answer.body.dump();
          assert.ok([200, 400].includes(answer.statusCode), String(answer.statusCode));
        },
      ),
      { numRuns: 300 },
    );
    for (const { body } of gateway.received) {
      for (const { resource } of body.resourceSpans) assert.equal(resource.attributes.at(-1)?.key, 'k8s.node.name');
    }
  });

  test('in a finding never get an answer of 500, and nothing comes in that is longer or of another form', async () => {
    await using gateway = await startGateway({ findingsLimits: { requestsPerSecond: 1e6, bytesPerSecond: 1e9 } });
    const whole = JSON.stringify({ findings: [aFinding(1), aFinding(2)] });
    const text = fastCheck.string({ unit: 'binary', maxLength: 40 });
    const mutated = fastCheck
      .tuple(fastCheck.nat(whole.length), fastCheck.nat(20), text)
      .map(([at, less, more]) => whole.slice(0, at) + more + whole.slice(at + less));
    const replaced = fastCheck
      .tuple(fastCheck.constantFrom(...Object.keys(aFinding())), fastCheck.jsonValue())
      .map(([key, value]) => JSON.stringify({ findings: [{ ...aFinding(), [key]: value }] }));
    await fastCheck.assert(
      fastCheck.asyncProperty(fastCheck.oneof(mutated, replaced), async (body) => {
        const answer = await gateway.post('/v1/findings', body);
        await answer.body.dump();
        assert.ok([200, 400].includes(answer.statusCode), String(answer.statusCode));
      }),
      { numRuns: 300 },
    );
    const came = gateway.taken.flatMap(({ findings }) => findings);
    assert.ok(came.length > 0);
    for (const finding of came) assert.deepEqual(findingSchema.parse(finding), finding);
    assert.doesNotMatch(came.map(({ text }) => text).join(), /[\p{Cc}\p{Cf}]/u);
  });

  test('nested a hundred thousand deep do not end the gateway', async () => {
    await using gateway = await startGateway();
    const deep = `{"resourceSpans":[{"x":${'['.repeat(100_000)}${']'.repeat(100_000)},"scopeSpans":[]}]}`;
    assert.ok((await gateway.post('/v1/traces', deep)).statusCode < 500);
    assert.equal((await gateway.post('/v1/traces', traces())).statusCode, 200);
  });
});
