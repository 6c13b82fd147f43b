import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { packageFileOf, versionInPath, versionOfPackage } from './program-version.ts';

test('a path tells the version where pnpm or the installer of Claude Code put it', () => {
  const paths = {
    '/x/node_modules/.pnpm/@google+gemini-cli@0.61.0/node_modules/@google/gemini-cli/bundle/gemini.js': '0.61.0',
    '/x/.pnpm/opencode-ai@1.18.33_react@19.0.0/node_modules/opencode-ai/bin/opencode': '1.18.33',
    '/root/.local/share/claude/versions/2.1.330': '2.1.330',
    '/root/.local/share/claude/versions/latest': null,
    '/x/node_modules/opencode-ai/bin/opencode.exe': null,
    '/work/versions/2.1.330': null,
  };
  for (const [path, version] of Object.entries(paths)) assert.equal(versionInPath(path), version, path);
});

test('the package of a file is the innermost one that it lies in', () => {
  const files = {
    '/x/node_modules/@openai/codex/bin/codex.js': '/x/node_modules/@openai/codex/package.json',
    '/x/node_modules/a/node_modules/opencode-ai/bin/o': '/x/node_modules/a/node_modules/opencode-ai/package.json',
    '/x/node_modules/.bin/codex': null,
    '/usr/bin/node': null,
  };
  for (const [file, packageFile] of Object.entries(files)) assert.equal(packageFileOf(file), packageFile, file);
});

test('a package has its version without the platform, and whatever else it holds is none', () => {
  const versions = { '{"version":"0.169.0-linux-x64"}': '0.169.0', '{"version":"2.1.330"}': '2.1.330' };
  for (const [text, version] of Object.entries(versions)) assert.equal(versionOfPackage(text), version);
  for (const text of ['', 'null', '[]', '{"version":7}', '{"version":"latest"}', '{"version":"1.0.0\\n"}'])
    assert.equal(versionOfPackage(text), null, text);
});

test('whatever a path or a package holds, a version is short and plain', () => {
  const parts = fc.constantFrom('/node_modules/', '/.pnpm/', '@', 'a', '1.2.3', '/', '\n', '"version"', '{', ':', '_');
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(parts).map((list) => list.join('')),
  );
  fc.assert(
    fc.property(text, (given) => {
      for (const version of [versionInPath(given), versionOfPackage(given)])
        assert.match(version ?? '', /^[\w.+-]{0,64}$/);
    }),
  );
});
