import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import fastCheck from 'fast-check';
import type { ChaperoneError } from '../../crds/errors.ts';
import { mapAnswer, readRetryAfter } from './answer.ts';
import { headersFromFile } from './headers-file.ts';

const now = Date.UTC(2026, 10, 22);

describe('an answer of the back end', () => {
  test('is passed on only as something that a sensor knows how to act on', () => {
    fastCheck.assert(
      fastCheck.property(fastCheck.integer({ min: 200, max: 599 }), (statusCode) => {
        const refusal = mapAnswer({ statusCode, retryAfter: undefined }, now);
        if (statusCode < 300) return refusal === null;
        const waits = refusal?.retryAfterSeconds !== null;
        return (
          [400, 413, 429, 503].includes(refusal?.status ?? 0) && waits === [429, 503].includes(refusal?.status ?? 0)
        );
      }),
    );
  });

  const pauses: [text: string | undefined, seconds: number][] = [
    [undefined, 5],
    ['', 5],
    ['soon', 5],
    ['-3', 1],
    ['0', 1],
    ['7', 7],
    [' 7 ', 7],
    ['86400', 60],
    ['99999999999', 60],
    [new Date(now + 20_000).toUTCString(), 20],
    [new Date(now - 20_000).toUTCString(), 1],
  ];
  for (const [text, seconds] of pauses) {
    test(`with Retry-After "${text}" makes a sensor wait ${seconds} s`, () =>
      assert.equal(readRetryAfter(text, now), seconds));
  }

  test('never makes a sensor wait less than a second or more than a minute', () => {
    fastCheck.assert(
      fastCheck.property(fastCheck.string(), (text) => {
        const seconds = readRetryAfter(text, now);
        return Number.isInteger(seconds) && seconds >= 1 && seconds <= 60;
      }),
    );
  });
});

describe('the headers for the back end', () => {
  test('are read from the file each time, so that a rotated credential is used at once', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'chaperone-headers-'));
    const read = headersFromFile(join(folder, 'headers'));
    await writeFile(join(folder, 'headers'), 'authorization=Bearer%20one,x-scope=ci\n');
    assert.deepEqual({ ...(await read()) }, { authorization: 'Bearer one', 'x-scope': 'ci' });
    await writeFile(join(folder, 'headers'), 'authorization=Bearer%20two');
    assert.deepEqual({ ...(await read()) }, { authorization: 'Bearer two' });
    await rm(folder, { recursive: true });
    await assert.rejects(read(), { code: 'otlp-headers-unreadable' });
  });

  for (const wrong of ['hunter2', 'authorization: Bearer hunter2', 'a=b,hunter2', 'a=b\nc=hunter2', ' \n']) {
    test(`are refused where the Secret holds ${JSON.stringify(wrong)}, and never told`, async () => {
      const folder = await mkdtemp(join(tmpdir(), 'chaperone-headers-'));
      await writeFile(join(folder, 'headers'), wrong);
      await assert.rejects(headersFromFile(join(folder, 'headers'))(), ({ code, message }: ChaperoneError) => {
        assert.match(message, /otlp\.headersSecret .*: write name=value,name=value on one line/);
        return code === 'otlp-headers-invalid' && !message.includes('hunter2');
      });
    });
  }

  test('are none without a file', async () => assert.deepEqual(await headersFromFile(undefined)(), {}));
});
