import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ServerAddress } from './server-address.ts';

/** Answers with `192.0.2.1`, then `192.0.2.2` and so on. */
function counting(): ServerAddress {
  let last = 0;
  return new ServerAddress((_host, _options, answer) => answer(null, [{ address: `192.0.2.${++last}`, family: 4 }]));
}

function lookUp(address: ServerAddress): string {
  let found = '';
  address.lookup('gateway', { all: true }, (_error, answer) => {
    found = Array.isArray(answer) ? (answer[0]?.address ?? '') : answer;
  });
  return found;
}

test('a name is looked up until its server has answered, and then no more', () => {
  const address = counting();
  const first = [lookUp(address), lookUp(address)];
  address.reached({ remoteAddress: '192.0.2.2' });
  assert.deepEqual([...first, lookUp(address), lookUp(address)], ['192.0.2.1', '192.0.2.2', '192.0.2.2', '192.0.2.2']);
});

test('while it does not answer where it was, it is looked for there and by its name in turns', () => {
  const address = counting();
  address.reached({ remoteAddress: '2001:db8::1' });
  const tries = Array.from({ length: 4 }, () => {
    address.missed();
    return lookUp(address);
  });
  assert.deepEqual(tries, ['192.0.2.1', '2001:db8::1', '192.0.2.2', '2001:db8::1']);
});
