import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const root = join(import.meta.dirname, '..', '..');

/** Where the logs of the guests' consoles lie. */
export const logFolder: string = join(root, 'out', 'kernels');

/** A virtual machine that boots, does its work and is gone. */
export interface Guest {
  /** Names the log of its console, in `out/kernels`. */
  readonly name: string;
  /** Of the kernel: `6.1` or `6.12`, of which Debian's newest is taken. */
  readonly series: string;
  /** Further words of the kernel's command line. */
  readonly commandLine: string;
  /** Path in the guest: file on this machine. All of it is in memory. */
  readonly files: Readonly<Record<string, string>>;
  /** Shell lines for BusyBox, run as root by PID 1 with /proc, /sys, /dev, /tmp and /sys/fs/cgroup (v2) mounted and loopback up. */
  readonly work: readonly string[];
  /** Default 1024. */
  readonly memoryMiB?: number;
}

/** Boots the guest under emulation (no KVM is needed) and resolves with what its work wrote to standard output. */
export async function runGuest(guest: Guest): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'chaperone-guest-'));
  try {
    const kernel = await fetchKernel(guest.series);
    const initrd = packInitrd(folder, { ...guest, files: { ...guest.files, '/dummy.ko': join(kernel, 'dummy.ko') } });
    await boot(guest, { kernel: join(kernel, 'vmlinuz'), initrd, output: join(folder, 'output') });
    return outputOf(guest, readFileSync(join(folder, 'output'), 'latin1').replaceAll('\r', ''));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function fetchKernel(series: string): Promise<string> {
  const { stdout } = await promisify(execFile)(join(root, 'scripts', 'kernel'), [series]);
  return stdout.trim();
}

const done = '@done';

function initOf(work: readonly string[]): string {
  return [
    '#!/bin/busybox sh',
    '/bin/busybox --install -s /bin',
    'export PATH=/bin HOME=/',
    'mount -t proc none /proc',
    'mount -t sysfs none /sys',
    'mount -t devtmpfs none /dev',
    'mount -t tmpfs none /tmp',
    'mount -t cgroup2 none /sys/fs/cgroup',
    'ip link set lo up',
    // A port of its own: the console's is the kernel's too.
    'stty -F /dev/ttyS1 raw -echo',
    'exec >/dev/ttyS1',
    ...work,
    `echo ${done}`,
    // Whatever the port still holds is lost with the power.
    'stty -F /dev/ttyS1 raw -echo',
    'poweroff -f',
    '',
  ].join('\n');
}

function packInitrd(folder: string, { files, work }: Pick<Guest, 'files' | 'work'>): string {
  const tree = join(folder, 'tree');
  for (const path of ['bin', 'proc', 'sys', 'dev', 'tmp']) mkdirSync(join(tree, path), { recursive: true });
  writeFileSync(join(tree, 'init'), initOf(work), { mode: 0o755 });
  for (const [path, file] of Object.entries({ ...files, '/bin/busybox': '/bin/busybox' })) {
    mkdirSync(join(tree, dirname(path)), { recursive: true });
    copyFileSync(file, join(tree, path));
    chmodSync(join(tree, path), 0o755);
  }
  symlinkSync('busybox', join(tree, 'bin', 'sh'));
  const initrd = join(folder, 'initrd');
  execFileSync('/bin/sh', ['-c', `find . | cpio --quiet -o -H newc | gzip -1 >${initrd}`], { cwd: tree });
  return initrd;
}

async function boot(guest: Guest, image: { kernel: string; initrd: string; output: string }): Promise<void> {
  mkdirSync(logFolder, { recursive: true });
  const machine = ['-accel', 'tcg,thread=multi', '-cpu', 'max', '-smp', '2', '-m', `${guest.memoryMiB ?? 1024}`];
  const devices = ['-nodefaults', '-display', 'none', '-serial', `file:${join(logFolder, `${guest.name}.log`)}`];
  const system = ['-kernel', image.kernel, '-initrd', image.initrd];
  const words = `console=ttyS0 panic=-1 loglevel=4 ${guest.commandLine}`;
  const args = [...machine, ...devices, '-serial', `file:${image.output}`, '-no-reboot', ...system, '-append', words];
  // Several at once would all be slow: one at a time on this machine.
  const turn = ['--no-fork', join(tmpdir(), 'chaperone-guest.lock'), 'qemu-system-x86_64'];
  const qemu = spawn('flock', [...turn, ...args], { stdio: ['ignore', 'inherit', 'inherit'] });
  const [code] = await once(qemu, 'exit');
  if (code !== 0) throw new Error(`The virtual machine of ${guest.name} ended with status ${code}`);
}

function outputOf({ name }: Guest, output: string): string {
  if (output.endsWith(`${done}\n`)) return output.slice(0, -done.length - 1);
  throw new Error(
    `The guest ${name} did not come to its end; out/kernels/${name}.log ends with:\n${tail(join(logFolder, `${name}.log`))}`,
  );
}

function tail(file: string): string {
  return readFileSync(file, 'latin1').split('\n').slice(-15).join('\n');
}
