import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';

const sidecar = import.meta.resolve('../sidecar.ts');

test('nothing that the sensor imports loads undici', () => {
  const program = `await import(${JSON.stringify(sidecar)}); console.log(process.moduleLoadList.join('\\n'))`;
  const loaded = execFileSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8' });
  assert.match(loaded, /^NativeModule http$/m);
  assert.doesNotMatch(loaded, /undici/);
});
