import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A network of the test's own, with the servers of world.ts. */
export interface World extends AsyncDisposable {
  /** What has to stand before a command to run in it, in this folder. */
  readonly enter: (cwd: string) => readonly string[];
}

const addresses = ['203.0.113.10', '203.0.113.11', '203.0.113.12'];

/** Makes network and mount namespaces of which nothing else on the machine sees anything; `folder` is what its servers give. */
export async function makeWorld(folder: string): Promise<World> {
  const files = { 'resolv.conf': 'nameserver 127.0.0.1\n', 'nsswitch.conf': 'passwd: files\nhosts: files dns\n' };
  const mounts = Object.entries(files).map(([name, text]) => {
    const file = join(folder, name);
    writeFileSync(file, text);
    chmodSync(file, 0o644);
    return `mount --bind ${file} /etc/${name}`;
  });
  const links = ['ip link set lo up', ...addresses.map((address) => `ip addr add ${address}/32 dev lo`)];
  const script = [...links, ...mounts, 'exec "$@"'].join(' && ');
  const servers = [process.execPath, join(import.meta.dirname, 'world.ts'), folder];
  const args = ['--net', '--mount', '--propagation', 'private', 'sh', '-c', script, 'sh', ...servers];
  const server = spawn('unshare', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(server, 'exit');
  await Promise.race([once(server.stdout, 'data'), ended.then(() => Promise.reject(new Error('the servers ended')))]);
  return {
    enter: (cwd) => [
      'nsenter',
      ...['net', 'mnt'].map((kind) => `--${kind === 'mnt' ? 'mount' : kind}=/proc/${server.pid}/ns/${kind}`),
      `--wdns=${cwd}`,
      '--',
    ],
    async [Symbol.asyncDispose]() {
      server.kill();
      await ended;
    },
  };
}
