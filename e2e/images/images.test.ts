import assert from 'node:assert/strict';
import { appendFile, cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { attempt, run } from '../cluster/commands.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));
let folder = '';

/** With the smallest of the images, in two copies of the repository that differ in it and share a store of the test's own. */
describe('e2e/images', () => {
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'chaperone-images-'));
    process.env.CHAPERONE_CACHE = folder;
    for (const name of ['one', 'two']) await copyOfRepository(name);
    await appendFile(`${folder}/two/e2e/images/pause/pause.c`, 'const char *second = "second";\n');
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('says of an image that is not built how to build it', async () => {
    await run(images('one', 'build'), ['pause']);
    const { code, stderr } = await attempt(images('two', 'archive'), ['pause']);
    assert.equal(code, 1);
    assert.match(stderr, /image pause is not built; run e2e\/images\/build pause/);
  });

  it('gives each of two clones that build at once the image of its own content', async () => {
    await Promise.all(['one', 'two'].map((clone) => run(images(clone, 'build'), ['pause'])));
    const [one, two] = [await digest('one'), await digest('two')];
    assert.notEqual(one, two);
    await run(images('two', 'build'), ['pause']);
    assert.equal(await digest('one'), one);
  });

  it('builds nothing anew for a clone whose content another one has built', async () => {
    await copyOfRepository('third');
    const before = await digest('one');
    await run(images('third', 'build'), ['pause']);
    assert.equal(await digest('third'), before);
  });

  it('keeps the last four of an image', async () => {
    for (const number of [1, 2, 3]) {
      await appendFile(`${folder}/two/e2e/images/pause/pause.c`, `int number_${number} = ${number};\n`);
      await run(images('two', 'build'), ['pause']);
    }
    await digest('one');
    await appendFile(`${folder}/two/e2e/images/pause/pause.c`, 'int number_4 = 4;\n');
    await run(images('two', 'build'), ['pause']);
    await digest('two');
    assert.equal((await attempt(images('one', 'archive'), ['pause'])).code, 1);
  });
});

async function copyOfRepository(name: string): Promise<void> {
  await cp(`${repository}/e2e/images`, `${folder}/${name}/e2e/images`, { recursive: true });
  await symlink(`${repository}/node_modules`, `${folder}/${name}/node_modules`);
}

function images(clone: string, command: 'archive' | 'build'): string {
  return `${folder}/${clone}/e2e/images/${command}`;
}

/** The manifest's digest in the clone's archive; the image is as its content says, so an image built twice has one digest only if it was kept. */
async function digest(clone: string): Promise<string> {
  const script = '"$1" pause | tar -xO index.json';
  const index = await run('bash', ['-o', 'pipefail', '-c', script, '-', images(clone, 'archive')]);
  return JSON.parse(index).manifests[0].digest;
}
