import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { scratchFolder } from '../../probe/testing/actor.ts';
import type { Run } from '../../probe/testing/observe.ts';

/** The program of asker.c, compiled: `asker DEED ARGUMENT…`. */
export const asker: string = compile(join(scratchFolder, 'asker'));

function compile(path: string): string {
  const source = join(import.meta.dirname, 'asker.c');
  execFileSync('gcc', ['-O1', '-Wall', '-Wextra', '-Werror', source, '-o', path]);
  return path;
}

/** As Docker does it for its own resolver, which listens on another port than it is asked on. Within the namespace only. */
const translated =
  'iptables -w -t nat -A OUTPUT -d 127.0.0.11 -p udp --dport 53 -j DNAT --to-destination 127.0.0.11:5353';

/** A network of the test's own, with nothing but loopback and the resolver of resolver.ts, which every program in it asks. */
export interface Network extends AsyncDisposable {
  /** Runs a command in it, observed as `run` would. */
  readonly within: (run: Run) => Run;
}

/** Makes network and mount namespaces of which nothing else on the machine sees anything. They go when they are disposed of. */
export async function makeNetwork(): Promise<Network> {
  const files = {
    'resolv.conf': 'nameserver 127.0.0.1\noptions attempts:3 timeout:20\n',
    'nsswitch.conf': 'hosts: dns\n',
  };
  const mounts = Object.entries(files).map(([name, text]) => {
    const file = join(scratchFolder, name);
    writeFileSync(file, text);
    chmodSync(file, 0o644);
    return `mount --bind ${file} /etc/${name}`;
  });
  const script = ['ip link set lo up', ...mounts, translated, 'exec "$@"'].join(' && ');
  const resolver = [process.execPath, join(import.meta.dirname, 'resolver.ts')];
  const args = ['--net', '--mount', '--propagation', 'private', 'sh', '-c', script, 'sh', ...resolver];
  const server = spawn('unshare', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(server, 'exit');
  await Promise.race([once(server.stdout, 'data'), ended.then(() => Promise.reject(new Error('The resolver ended')))]);
  const enter = ['nsenter', `--net=/proc/${server.pid}/ns/net`, `--mount=/proc/${server.pid}/ns/mnt`, '--'];
  return {
    within: (run) => (command, options) => run([...enter, ...command], options),
    [Symbol.asyncDispose]: async () => {
      server.kill();
      await ended;
    },
  };
}
