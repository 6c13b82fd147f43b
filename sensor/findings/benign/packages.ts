import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

type Files = Readonly<Record<string, string>>;
type Manifest = Readonly<Record<string, unknown>> & { readonly name: string };

const registry = 'http://registry.example.com';

/** Packages as the registry has them: one with nothing to run, one that compiles, one that loads its program down, two that write git hooks. */
const packages: readonly (readonly [Manifest, Files])[] = [
  [{ name: 'left' }, { 'index.js': 'module.exports = (text) => text;\n' }],
  [
    { name: 'native', scripts: { install: 'make' }, dependencies: { left: '1.0.0' } },
    {
      Makefile: 'build/native.so: native.c\n\tmkdir -p build\n\tcc -shared -fPIC -o $@ $<\n',
      'native.c': 'int answer(void) { return 42; }\n',
    },
  ],
  [
    { name: 'prebuilt', bin: 'tool.js', scripts: { postinstall: 'node install.js' } },
    {
      'tool.js': '#!/usr/bin/env node\n',
      'install.js': `
const { createHash } = require('crypto');
require('http').get('http://releases.example.com/tool.js', (response) => {
  let text = '';
  response.on('data', (part) => { text += part; }).on('end', () => {
    if (createHash('sha256').update(text).digest('hex') === '') process.exit(1);
    require('fs').writeFileSync('tool.js', text, { mode: 0o755 });
  });
});
`,
    },
  ],
  [
    { name: 'husky', bin: 'bin.js' },
    {
      'bin.js': `#!/usr/bin/env node
const { mkdirSync, writeFileSync } = require('fs');
mkdirSync('.husky/_', { recursive: true });
writeFileSync('.husky/_/pre-commit', '#!/bin/sh\\nsh .husky/pre-commit\\n', { mode: 0o755 });
require('child_process').execFileSync('git', ['config', 'core.hooksPath', '.husky/_']);
`,
    },
  ],
  [
    { name: 'simple-git-hooks', bin: 'cli.js', scripts: { postinstall: 'node ./postinstall.js' } },
    {
      'cli.js': '#!/usr/bin/env node\n',
      'postinstall.js': `
const project = process.env.INIT_CWD;
require('fs').writeFileSync(project + '/.git/hooks/pre-commit', '#!/bin/sh\\nexit 0\\n', { mode: 0o755 });
`,
    },
  ],
];

/** Writes tarballs and metadata into `folder`; returns the lock file of a project that depends on all of them. */
export function writeRegistry(folder: string): string {
  mkdirSync(folder, { recursive: true });
  const locked = packages.map(([manifest, files]) => writePackage({ version: '1.0.0', ...manifest }, files, folder));
  const root = { name: 'web', version: '1.0.0', devDependencies: dependencies };
  return JSON.stringify({
    name: 'web',
    version: '1.0.0',
    lockfileVersion: 3,
    packages: { '': root, ...Object.fromEntries(locked) },
  });
}

/** Of a project that depends on all of them. */
export const dependencies = Object.fromEntries(packages.map(([{ name }]) => [name, '1.0.0']));

function writePackage(manifest: Manifest, files: Files, folder: string): readonly [string, object] {
  const { name } = manifest;
  const at = join(folder, `${name}.unpacked`);
  for (const [path, text] of Object.entries({ ...files, 'package.json': JSON.stringify(manifest) })) {
    mkdirSync(dirname(join(at, 'package', path)), { recursive: true });
    writeFileSync(join(at, 'package', path), text, { mode: 0o755 });
  }
  const tarball = join(folder, `${name}-1.0.0.tgz`);
  execFileSync('tar', ['-czf', tarball, '-C', at, 'package']);
  const integrity = `sha512-${createHash('sha512').update(readFileSync(tarball)).digest('base64')}`;
  const resolved = `${registry}/${name}/-/${name}-1.0.0.tgz`;
  const versions = { '1.0.0': { ...manifest, dist: { tarball: resolved, integrity } } };
  writeFileSync(join(folder, name), JSON.stringify({ name, 'dist-tags': { latest: '1.0.0' }, versions }));
  const { bin, dependencies: needs, scripts } = manifest;
  return [
    `node_modules/${name}`,
    {
      version: '1.0.0',
      resolved,
      integrity,
      dev: true,
      bin,
      dependencies: needs,
      hasInstallScript: scripts !== undefined,
    },
  ];
}
