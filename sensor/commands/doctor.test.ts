import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { kernelCheck } from './doctor.ts';

test('a kernel that is older than the tiers ask for is said, with the one to boot', () => {
  const isTaken = (version: string) => kernelCheck('linux', version).ok;
  assert.deepEqual(['5.16.20', '5.17.0-rc1', '6.1.0-9-amd64', '4.19.0'].map(isTaken), [false, true, true, false]);
  const [, oldest] =
    /Linux (\S+) or newer with BTF/.exec(readFileSync(join(import.meta.dirname, '../../docs/coverage.md'), 'utf8')) ??
    [];
  assert.equal(kernelCheck('linux', '5.10.0').change, `boot Linux ${oldest} or newer`);
});
