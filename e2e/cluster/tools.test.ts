import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { attempt, commandPath, run, until } from './commands.ts';

const tools = commandPath('../../scripts/tools');
let cache = '';

/** With the smallest of the tools, into a cache of the test's own. */
describe('scripts/tools', () => {
  beforeEach(async () => {
    cache = await mkdtemp(join(tmpdir(), 'chaperone-tools-'));
    process.env.CHAPERONE_CACHE = cache;
  });
  afterEach(() => rm(cache, { recursive: true }));

  it('builds a tool once when asked twice at once', async () => {
    const said = await Promise.all([run(tools, ['kubeconform']), run(tools, ['kubeconform'])]);
    assert.equal(said.join('').match(/^done in/gm)?.length, 1);
    assert.match(await run(`${(await run(tools, ['--path', 'kubeconform'])).trim()}/kubeconform`, ['-v']), /\S/);
  });

  it('takes no half of a build that was killed for a whole', async () => {
    const building = spawn(tools, ['kubeconform'], { stdio: 'ignore' });
    const ended = once(building, 'exit');
    await until(60, async () => existsSync(`${cache}/tools/.kubeconform.building`), Boolean);
    building.kill('SIGKILL');
    await ended;
    assert.deepEqual(
      (await readdir(`${cache}/tools`)).filter((name) => !name.startsWith('.')),
      [],
    );
    assert.match(await run(tools, ['kubeconform']), /^done in/m);
  });

  it('says which groups there are when it does not know one', async () => {
    const { code, stderr } = await attempt(tools, ['kubernetse']);
    assert.equal(code, 1);
    assert.match(stderr, /no tool group 'kubernetse'; there are: kubernetes etcd/);
  });
});
