import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';

test('a folder that nobody asks for any more is no reason to end the process', () => {
  const script = `
    import { OutFolder } from ${JSON.stringify(join(import.meta.dirname, 'out-folder.ts'))};
    await (async () => { await (await OutFolder.open('/tmp')).place(); })();
    await OutFolder.open('/proc/no/such').catch(() => {});
    for (let round = 0; round < 5; round += 1) { gc(); await new Promise(setImmediate); }
    console.log('went on');`;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--expose-gc', '--input-type=module', '-e', script], {
    encoding: 'utf8',
  });
  assert.deepEqual([status, stdout, stderr], [0, 'went on\n', '']);
});
