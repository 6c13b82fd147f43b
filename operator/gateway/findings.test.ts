import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { aFinding } from '../alerts/testing/findings.ts';
import { holdAnswers, startGateway, tokenOf, traces } from './testing/gateway.ts';

describe('findings', () => {
  const findings = (...list: unknown[]) => JSON.stringify({ findings: list });

  test('are taken as those of the pod whose token came with them', async () => {
    await using gateway = await startGateway();
    const answer = await gateway.post('/v1/findings', findings(aFinding(1), aFinding(2)));
    assert.deepEqual([answer.statusCode, await answer.body.json()], [200, {}]);
    const [taken] = gateway.taken;
    assert.equal(taken?.pod.uid, 'uid-of-runner-1');
    assert.deepEqual(taken?.findings, [
      aFinding(1, { time: taken?.findings[0]?.time ?? '' }),
      aFinding(2, { time: taken?.findings[1]?.time ?? '' }),
    ]);
  });

  test('lose their control and invisible characters', async () => {
    await using gateway = await startGateway();
    const text = 'rm\u001b[2J \u202e\u2028\ud800x';
    await gateway.post('/v1/findings', findings(aFinding(1, { text, processes: ['a\nb'] })));
    const [finding] = gateway.taken[0]?.findings ?? [];
    assert.deepEqual([finding?.text, finding?.processes], ['rm [2J   \ufffdx', ['a b']]);
  });

  test('of another form, too many or too large are refused', async () => {
    await using gateway = await startGateway();
    const many = Array.from({ length: 65 }, (_, index) => aFinding(index + 1));
    const status = async (body: string) => (await gateway.post('/v1/findings', body)).statusCode;
    assert.equal(await status(findings(...many)), 413);
    assert.equal(await status(findings(aFinding(1)).padEnd(128 * 1024 + 1)), 413);
    assert.equal(await status('[]'), 400);
    assert.equal(await status(findings({ ...aFinding(1), pod: 'other' })), 400);
    assert.deepEqual(gateway.taken, []);
  });

  test('that are malformed do not take the others with them, and are told of', async () => {
    await using gateway = await startGateway();
    const answer = await gateway.post('/v1/findings', findings(aFinding(1, { text: 'x'.repeat(2049) }), aFinding(2)));
    assert.equal(answer.statusCode, 200);
    assert.match(await answer.body.text(), /"rejectedFindings":1/);
    assert.deepEqual(
      gateway.taken[0]?.findings.map(({ id }) => id),
      [aFinding(2).id],
    );
  });

  const dead = { namespace: 'runners', name: 'killed', uid: 'uid-of-killed', node: 'node-1' };
  const lastWords = JSON.stringify({ pod: dead, findings: [aFinding(1)] });
  const asAccount = (account: string) => ({
    authorization: `Bearer ${tokenOf('operator-1', 'chaperone-gateway', account)}`,
  });

  test('of a pod whose sensor was killed are taken from the operator', async () => {
    await using gateway = await startGateway();
    const account = asAccount('chaperone-system:chaperone-operator');
    assert.equal((await gateway.post('/v1/last-words', lastWords, account)).statusCode, 200);
    const [{ pod, findings: taken } = { pod: null, findings: [] }] = gateway.taken;
    assert.deepEqual(pod, { ...dead, serviceAccount: '' });
    assert.deepEqual(
      taken.map(({ id }) => id),
      [aFinding(1).id],
    );
  });

  test('of another pod are taken from nobody else, and of no other form', async () => {
    await using gateway = await startGateway();
    const status = async (account: string, body = lastWords) =>
      (await gateway.post('/v1/last-words', body, asAccount(account))).statusCode;
    for (const account of ['runners:default', 'runners:chaperone-operator', 'chaperone-system:chaperone-gateway'])
      assert.equal(await status(account), 403);
    for (const body of ['{}', lastWords.replace('"uid"', '"id"'), JSON.stringify({ pod: dead, findings: [{}] })])
      assert.equal(await status('chaperone-system:chaperone-operator', body), 400);
    assert.deepEqual(gateway.taken, []);
  });

  test('of a pod without a token are refused', async () => {
    await using gateway = await startGateway();
    assert.equal((await gateway.post('/v1/findings', findings(aFinding()), { authorization: '' })).statusCode, 401);
  });

  test('have a share of their own: neither a back end that hangs nor the many spans of the pod hold them up', async () => {
    const held = holdAnswers();
    await using gateway = await startGateway({
      answer: held.answer,
      limits: { requests: 1, requestsPerPod: 1 },
    });
    const spans = gateway.post('/v1/traces', traces());
    await held.waiting(1);
    assert.equal((await gateway.post('/v1/traces', traces())).statusCode, 429);
    assert.equal((await gateway.post('/v1/findings', findings(aFinding()))).statusCode, 200);
    held.release();
    assert.equal((await spans).statusCode, 200);
  });

  test('of a pod that sends more than its share are told to wait', async () => {
    await using gateway = await startGateway({ findingsLimits: { requestsPerSecond: 0.001, burstSeconds: 1000 } });
    const first = await gateway.post('/v1/findings', findings(aFinding()));
    const second = await gateway.post('/v1/findings', findings(aFinding()));
    assert.deepEqual([first.statusCode, second.statusCode, second.headers['retry-after']], [200, 429, '1000']);
  });
});
