import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPublic } from './addresses.ts';
import { foundIn, JobOfSteps, told } from './testing/told-findings.ts';

test('a public address that no name led to is found, by how much can be known of names', () => {
  const seeing = foundIn((kernel, shell) => {
    kernel.resolve(shell, 'github.com', ['192.0.2.1']);
    kernel.connect(shell, '192.0.2.2', 4444);
    kernel.connect(shell, '192.0.2.3', 0, { transport: 'icmp', hook: 'packet' });
  });
  assert.deepEqual(seeing, ['Medium unnamed-address 192.0.2.2:4444', 'Low unnamed-address 192.0.2.3']);
  const blind = foundIn((kernel, shell) => void kernel.connect(shell, '192.0.2.2', 4444));
  assert.deepEqual(blind, []);
});

test('names that are resolved in one step and used in another lead to their addresses', () => {
  const job = new JobOfSteps()
    .step((kernel, shell) => kernel.resolve(shell, 'github.com', ['192.0.2.1']))
    .step((kernel, shell) => {
      kernel.connect(shell, '192.0.2.1', 443);
      kernel.connect(shell, '192.0.2.53', 53, { transport: 'udp' });
      for (const address of ['127.0.0.1', '10.0.0.1', '169.254.169.254', 'fd00::1', '::1'])
        kernel.connect(shell, address, 80);
    });
  assert.deepEqual(told(job.end().spans), []);
});

test('an address is public unless it is of a range for loopback, links, private networks or many', () => {
  const cases = { '8.8.8.8': true, '100.64.0.1': false, '100.128.0.1': true, '172.32.0.1': true, '172.16.0.1': false };
  for (const [address, is] of Object.entries(cases)) assert.equal(isPublic(address), is, address);
  for (const address of [
    '0.0.0.0',
    '192.168.0.1',
    '224.0.0.1',
    '255.255.255.255',
    'fe80::1',
    'ff02::1',
    'fc00::1',
    '::',
  ])
    assert.equal(isPublic(address), false, address);
  assert.equal(isPublic('2606:4700::1111'), true);
});
