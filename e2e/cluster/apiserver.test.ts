import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { attempt, commandPath, run, until } from './commands.ts';

interface Server {
  kubeconfig: string;
  server: string;
  pids: number[];
}

const apiserver = commandPath('apiserver');
const scratch = await mkdtemp(join(tmpdir(), 'chaperone-apiserver-'));
const up = async (...args: string[]): Promise<Server> => JSON.parse(await run(apiserver, ['up', ...args]));
const kubectlPath = join((await run(commandPath('../../scripts/tools'), ['--path', 'kubernetes'])).trim(), 'kubectl');
const kubectl = (server: Server, ...args: string[]) => run(kubectlPath, ['--kubeconfig', server.kubeconfig, ...args]);

describe('two API servers at once', () => {
  const servers: Server[] = [];
  before(async () => {
    servers.push(
      ...(await Promise.all([up(join(scratch, 'plain')), up('--controllers', join(scratch, 'with-controllers'))])),
    );
  });
  after(async () => {
    for (const name of ['plain', 'with-controllers']) await run(apiserver, ['down', join(scratch, name)]);
    await rm(scratch, { recursive: true });
  });

  it('know nothing of each other', async () => {
    const [plain, controlled] = servers as [Server, Server];
    await kubectl(plain, 'create', 'namespace', 'only-here');
    assert.doesNotMatch(await kubectl(controlled, 'get', 'namespaces'), /only-here/);
  });

  it('take pods, without controllers too', async () => {
    for (const server of servers) await kubectl(server, 'run', 'pod', '--image=example.com/none');
  });

  it('collect garbage with the controllers', async () => {
    const [, controlled] = servers as [Server, Server];
    await kubectl(controlled, 'create', 'deployment', 'owner', '--image=example.com/none');
    await until(
      30,
      () => kubectl(controlled, 'get', 'pods', '-l', 'app=owner', '-o', 'name'),
      (names) => names !== '',
    );
    await kubectl(controlled, 'delete', 'deployment', 'owner');
    await until(
      30,
      () => kubectl(controlled, 'get', 'pods', '-l', 'app=owner', '-o', 'name'),
      (names) => names === '',
    );
  });

  it('refuse a folder in which one runs', async () => {
    const { code, stderr } = await attempt(apiserver, ['up', join(scratch, 'plain')]);
    assert.deepEqual([code, /already runs/.test(stderr)], [1, true]);
  });

  it('leave no process and no folder', async () => {
    const folder = join(scratch, 'short');
    const { pids } = await up(folder);
    await run(apiserver, ['down', folder]);
    await until(
      10,
      async () => pids.filter(runs),
      (left) => left.length === 0,
    );
    assert.equal(existsSync(folder), false);
  });
});

/** Whether the process still runs something; one that has ended but was not yet reaped has no executable. */
function runs(pid: number): boolean {
  return existsSync(`/proc/${pid}/exe`);
}
