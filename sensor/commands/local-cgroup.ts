import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ChaperoneError } from '../../crds/errors.ts';

/** A cgroup made for one command. */
export interface LocalCgroup {
  readonly path: string;
  /** Takes it away; processes that the command left behind go on, where they would have been without us. The answer is how many. */
  remove(): Promise<number>;
}

const prefix = 'chaperone-run-';

/** Makes a cgroup below our own. Throws `cgroup-unavailable`, whose message says what to do. */
export function createLocalCgroup(pid: number): LocalCgroup {
  const parent = ownCgroup();
  removeStale(parent, pid);
  const path = join(parent, `${prefix}${pid}`);
  try {
    mkdirSync(path);
  } catch (error) {
    throw noCgroup(parent, error);
  }
  return { path, remove: () => remove(path, parent) };
}

/** What is missing, and what to do; the kernel's words only where they say more than that. */
export function noCgroup(parent: string, error: unknown): ChaperoneError {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EROFS') {
    const remedy = 'run outside of the container, or in a privileged one';
    return new ChaperoneError('cgroup-unavailable', `No cgroup can be made, since ${parent} is read-only; ${remedy}`);
  }
  const isRefused = code === 'EACCES' || code === 'EPERM';
  const options = isRefused ? {} : { cause: error };
  return new ChaperoneError('cgroup-unavailable', `No cgroup can be made in ${parent}; run as root`, options);
}

/** The folder of our own cgroup in a cgroup2 mount, wherever that is. */
export function ownCgroup(): string {
  const mount = findCgroup2Mount(readFileSync('/proc/self/mountinfo', 'utf8'));
  if (mount === null)
    throw new ChaperoneError(
      'cgroup-unavailable',
      'No cgroup2 is mounted; mount one: mount -t cgroup2 none /sys/fs/cgroup',
    );
  const own = /^0::(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1] ?? '/';
  return cgroupFolder(mount, own);
}

export interface Cgroup2Mount {
  readonly root: string;
  readonly mountPoint: string;
}

/** The first cgroup2 mount of a `/proc/PID/mountinfo` (proc_pid_mountinfo(5)): fields 4 and 5, the type after the ` - `. */
export function findCgroup2Mount(mountinfo: string): Cgroup2Mount | null {
  for (const line of mountinfo.split('\n')) {
    const [fields = '', tail = ''] = line.split(' - ');
    const [, , , root, mountPoint] = fields.split(' ');
    if (tail.startsWith('cgroup2 ') && root !== undefined && mountPoint !== undefined) {
      return { root: unescapeOctal(root), mountPoint: unescapeOctal(mountPoint) };
    }
  }
  return null;
}

/** Below the mount's root, or the mount itself when the process's cgroup lies outside of what it shows. */
export function cgroupFolder({ root, mountPoint }: Cgroup2Mount, own: string): string {
  const base = root === '/' ? '' : root;
  const inside = own === base || own.startsWith(`${base}/`);
  if (!inside || own.includes('/../') || own.startsWith('/..')) return mountPoint;
  return resolve(mountPoint + own.slice(base.length));
}

/** mountinfo writes blanks and backslashes as octal. */
function unescapeOctal(field: string): string {
  return field.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

/** Cgroups of runs that were killed before they could clean up; one of them may have had our own pid. */
function removeStale(parent: string, own: number): void {
  for (const name of readdirSync(parent)) {
    const pid = name.startsWith(prefix) ? name.slice(prefix.length) : '';
    if (/^\d+$/.test(pid) && (Number(pid) === own || !isAlive(Number(pid))))
      attempt(() => rmdirSync(join(parent, name)));
  }
}

async function remove(path: string, parent: string): Promise<number> {
  let left = 0;
  // A process may fork while it is moved, and one that has just ended may still be counted for a moment.
  for (let round = 0; round < 50; round += 1) {
    for (const pid of processesIn(path)) {
      if (attempt(() => writeFileSync(join(parent, 'cgroup.procs'), pid))) left += 1;
    }
    if (attempt(() => rmdirSync(path))) break;
    await delay(20);
  }
  return left;
}

function processesIn(path: string): string[] {
  try {
    return readFileSync(join(path, 'cgroup.procs'), 'utf8')
      .split('\n')
      .filter((line) => line !== '');
  } catch {
    return [];
  }
}

function isAlive(pid: number): boolean {
  return attempt(() => process.kill(pid, 0));
}

function attempt(action: () => void): boolean {
  try {
    action();
    return true;
  } catch {
    return false;
  }
}
