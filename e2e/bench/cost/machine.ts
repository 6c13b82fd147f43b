import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { probe } from './prepare.ts';

/** On what was measured. */
export interface Machine {
  readonly processors: number;
  readonly model: string;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly distribution: string;
  /** What the sensor can use of this kernel (docs/coverage.md). */
  readonly tier: string;
  readonly versions: Readonly<Record<string, string>>;
  /** Processes that wanted to run, over the minute before. */
  readonly loadBefore: number;
}

export function describeMachine(): Machine {
  const doctor = JSON.parse(execFileSync(probe, ['doctor'], { encoding: 'utf8' })) as { tier?: string };
  return {
    processors: cpus().length,
    model: cpus()[0]?.model.trim() ?? 'unknown',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    distribution: /^PRETTY_NAME="(.*)"$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'unknown',
    tier: doctor.tier ?? 'unknown',
    versions: Object.fromEntries(['gcc', 'strace', 'auditd', 'bpftrace', 'npm'].map((name) => [name, versionOf(name)])),
    loadBefore: loadavg()[0] ?? 0,
  };
}

function versionOf(program: string): string {
  const [command, option] = program === 'auditd' ? ['/sbin/auditctl', '-v'] : [program, '--version'];
  try {
    const text = execFileSync(command, [option], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    return /\d+\.\d[\w.-]*/.exec(text)?.[0] ?? 'unknown';
  } catch {
    return 'not installed';
  }
}
