import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { countLines } from '../lines.ts';
import { awaitThat, end } from '../processes.ts';
import { inCgroup, type Place, type Running } from './tool.ts';

/** The stopwatch gives the workload this login user (LOGIN_USER in stopwatch.c). */
const ofWorkload = 'auid=65001';

/** Debian's auditd and the rules of an agent: executions, connections, and files of the workspace opened for writing. */
export async function startAudit(place: Place): Promise<Running> {
  const log = join(place.folder, 'audit.log');
  configure(place.folder, log);
  const daemon = spawn('/sbin/auditd', ['-n', '-c', place.folder], { stdio: ['ignore', 'ignore', 'inherit'] });
  await awaitThat('auditd to take the kernel’s records', 10, () => status('pid') === daemon.pid);
  for (const rule of rulesFor(place.workspace)) auditctl(...rule);
  const lostBefore = status('lost');
  return {
    wrap: (command) => inCgroup(place, command),
    processes: () => [daemon.pid ?? 0, ...kernelThread()],
    finish: async () => {
      const lost = status('lost') - lostBefore;
      await stop(daemon);
      const told = (key: string) =>
        countLines(log, new RegExp(`^type=SYSCALL .* ${ofWorkload} .*key="chaperone-${key}"`));
      return { seen: { executions: await told('exec'), connections: await told('connect') }, lost };
    },
  };
}

/** Debian's settings, but for the log's place and that it is not rotated: its records are counted. */
function configure(folder: string, log: string): void {
  const plugins = join(folder, 'plugins.d');
  mkdirSync(plugins);
  const settings = {
    log_file: log,
    plugin_dir: plugins,
    log_format: 'ENRICHED',
    flush: 'INCREMENTAL_ASYNC',
    freq: 50,
    max_log_file: 4096,
    max_log_file_action: 'IGNORE',
    priority_boost: 4,
    q_depth: 2000,
    space_left: 75,
    space_left_action: 'IGNORE',
    admin_space_left: 50,
    admin_space_left_action: 'IGNORE',
    disk_full_action: 'IGNORE',
    disk_error_action: 'IGNORE',
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}\n`);
  writeFileSync(join(folder, 'auditd.conf'), lines.join(''), { mode: 0o640 });
}

function rulesFor(workspace: string): string[][] {
  const call = (key: string, calls: string) => [
    '-a',
    'always,exit',
    '-F',
    'arch=b64',
    '-F',
    'success=1',
    '-S',
    calls,
    '-k',
    `chaperone-${key}`,
  ];
  return [
    ['-D'],
    ['-b', '8192'],
    call('exec', 'execve,execveat'),
    ['-a', 'always,exit', '-F', 'arch=b64', '-S', 'connect', '-k', 'chaperone-connect'],
    ['-a', 'always,exit', '-F', `dir=${workspace}`, '-F', 'perm=wa', '-k', 'chaperone-write'],
    ['-e', '1'],
  ];
}

/** Leaves the kernel so that no process made from now on is audited: once switched on, it would be at every call of each, rules or not. */
async function stop(daemon: import('node:child_process').ChildProcess): Promise<void> {
  auditctl('-D');
  auditctl('-e', '0');
  auditctl('-a', 'task,never');
  await end(daemon, 'SIGTERM');
}

function status(name: string): number {
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(auditctl('-s'))?.[1]);
}

function auditctl(...args: string[]): string {
  return execFileSync('/sbin/auditctl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** The kernel's own thread that hands records to the daemon. */
function kernelThread(): number[] {
  try {
    return execFileSync('pgrep', ['-x', 'kauditd'], { encoding: 'utf8' }).trim().split('\n').map(Number);
  } catch {
    return [];
  }
}
