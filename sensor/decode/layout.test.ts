import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type BtfDump, renderLayout } from './render-layout.ts';

const root = join(import.meta.dirname, '..', '..');

function dumpObject(): BtfDump {
  execFileSync(join(root, 'sensor', 'build'), { stdio: ['ignore', 'ignore', 'inherit'] });
  const PATH = `${process.env.PATH}:/usr/sbin:/sbin`;
  const args = ['--json', 'btf', 'dump', 'file', join(root, '.cache', 'sensor', 'sensor.bpf.o')];
  return JSON.parse(execFileSync('bpftool', args, { encoding: 'utf8', env: { PATH }, maxBuffer: 1 << 26 })) as BtfDump;
}

test('the committed layout is what the compiled object says', () => {
  const committed = readFileSync(join(import.meta.dirname, 'layout.gen.ts'), 'utf8');
  assert.equal(renderLayout(dumpObject()), committed, 'run sensor/decode/generate');
});

test('every struct and enum of events.h is in the layout', () => {
  const header = readFileSync(join(root, 'sensor', 'bpf', 'events.h'), 'utf8');
  const layout = readFileSync(join(import.meta.dirname, 'layout.gen.ts'), 'utf8');
  const names = [...header.matchAll(/^(?:struct|enum) (\w+) \{/gm)].map(([, name]) => name ?? '');
  assert.ok(names.includes('event_header'));
  for (const name of names) assert.match(layout, new RegExp(`\\b${camel(name)}(Size)? =`), name);
});

function camel(name: string): string {
  return name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}

test('an object without the contract is refused by name', () => {
  assert.throws(() => renderLayout({ types: [] }), /no struct wire_contract/);
});
