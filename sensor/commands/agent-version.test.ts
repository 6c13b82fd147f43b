import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { noTraits } from '../decode/process-events.ts';
import type { ProcessImage } from '../lineage/process-table.ts';
import { readAgentVersion } from './agent-version.ts';

const folder = mkdtempSync(join(tmpdir(), 'chaperone-version-'));
after(() => rmSync(folder, { recursive: true }));

/** A package with a script and a link to it, as npm lays them out; run as `node .bin/gemini`. */
function installed(name: string, packageFile: (path: string) => void): ProcessImage {
  const home = join(folder, name, 'node_modules');
  mkdirSync(join(home, '@google/gemini-cli/bundle'), { recursive: true });
  mkdirSync(join(home, '.bin'));
  writeFileSync(join(home, '@google/gemini-cli/bundle/gemini.js'), '');
  symlinkSync('../@google/gemini-cli/bundle/gemini.js', join(home, '.bin/gemini'));
  packageFile(join(home, '@google/gemini-cli/package.json'));
  const argv = ['node', 'node_modules/.bin/gemini'];
  const image = { path: process.execPath, filename: 'node', argv, cwd: join(folder, name), traits: noTraits };
  return { ...image, pid: process.pid } as unknown as ProcessImage;
}

const write = (text: string) => (path: string) => writeFileSync(path, text);

test('the version is that of the package which the script lies in, through links', () => {
  assert.equal(readAgentVersion(installed('plain', write('{"version":"0.61.0"}'))), '0.61.0');
});

test('what is no package says nothing, and nobody waits for it', () => {
  const hostile = {
    absent: () => {},
    text: write('version: 1'),
    large: write(`{"version":"1.0.0"}${' '.repeat(1 << 17)}`),
    folder: (path: string) => mkdirSync(path),
    pipe: (path: string) => execFileSync('mkfifo', [path]),
    device: (path: string) => symlinkSync('/dev/zero', path),
  };
  for (const [name, make] of Object.entries(hostile)) assert.equal(readAgentVersion(installed(name, make)), null, name);
});

test('of a process that is gone nothing is read', () => {
  assert.equal(readAgentVersion({ ...installed('gone', write('{"version":"0.61.0"}')), pid: 2 ** 30 }), null);
});
