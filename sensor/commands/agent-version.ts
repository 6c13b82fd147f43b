import { closeSync, constants, fstatSync, openSync, readlinkSync, readSync, realpathSync } from 'node:fs';
import { programFile } from '../agents/agent-program.ts';
import { packageFileOf, versionInPath, versionOfPackage } from '../agents/program-version.ts';
import type { ProcessImage } from '../lineage/process-table.ts';

/** A `package.json` is far smaller: gemini-cli's has 4 KiB. */
const mostBytes = 65_536;

/** The version of the npm package that an agent's program or script lies in, links followed; `null` where it lies in none, or sees other files than we do. */
export function readAgentVersion(image: ProcessImage): string | null {
  return seesOurFiles(image.pid) ? versionBeside(programFile(image)) : null;
}

function versionBeside(file: string): string | null {
  try {
    const real = realpathSync(file);
    const beside = packageFileOf(real);
    return versionInPath(real) ?? (beside === null ? null : versionOfPackage(readShort(beside)));
  } catch {
    return null; // gone, or not ours to read
  }
}

/** In a container or under chroot(2) the same path leads elsewhere. */
function seesOurFiles(pid: number): boolean {
  try {
    const ours = readlinkSync(`/proc/${pid}/ns/mnt`) === readlinkSync('/proc/self/ns/mnt');
    return ours && readlinkSync(`/proc/${pid}/root`) === '/';
  } catch {
    return false;
  }
}

/** Never waits: a FIFO in the file's place is not opened for longer than it takes to see that it is one. */
function readShort(file: string): string {
  const fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile() || stat.size > mostBytes) return '';
    const bytes = Buffer.alloc(mostBytes);
    return bytes.toString('utf8', 0, readSync(fd, bytes, 0, mostBytes, 0));
  } finally {
    closeSync(fd);
  }
}
