import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { release } from 'node:os';
import { parseArgs } from 'node:util';
import { describeError } from '../../crds/errors.ts';
import { type Paint, painter } from '../report/paint.ts';
import { visible } from '../report/text.ts';
import type { Check } from './check.ts';
import { readEnvironment } from './config.ts';
import { createLocalCgroup } from './local-cgroup.ts';
import { probePath } from './probe-path.ts';
import { lookOf } from './terminal.ts';
import { tierCheck } from './tier-check.ts';
import { asUsageError, exitStatus } from './usage.ts';

const doctorHelp = `Usage: chaperone doctor [--json]

Says what the sensor can see on this machine, proved by effect where that is possible, and what to change.

Options:
      --json    print the findings as JSON
  -h, --help    print this

Exit status: 0 the sensor works here, 1 it does not, 2 wrong use.

Examples:
  sudo chaperone doctor
  chaperone doctor --json | jq '.checks[] | select(.ok | not)'
`;

export async function doctor(args: readonly string[]): Promise<number> {
  const { json, help } = parse(args);
  if (help) {
    process.stdout.write(doctorHelp);
    return exitStatus.ok;
  }
  const checks = [
    kernelCheck(process.platform, release()),
    btfCheck(),
    capabilityCheck(),
    await cgroupCheck(),
    ...probeChecks(),
  ];
  const works = checks.every(({ ok }) => ok);
  const { color } = lookOf(process.stdout, readEnvironment());
  process.stdout.write(
    json ? `${JSON.stringify({ works, checks }, null, 2)}\n` : drawChecks(checks, works, painter(color)),
  );
  return works ? exitStatus.ok : exitStatus.finding;
}

function parse(args: readonly string[]): { json: boolean; help: boolean } {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
    });
    return { json: values.json ?? false, help: values.help ?? false };
  } catch (error) {
    throw asUsageError('doctor', error);
  }
}

/** The programs call bpf_loop, which came with 5.17. */
export function kernelCheck(platform: string, version: string): Check {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const ok = platform === 'linux' && (major > 5 || (major === 5 && minor >= 17));
  return { name: 'kernel', ok, found: `${platform} ${version}`, change: ok ? '' : 'boot Linux 5.17 or newer' };
}

function btfCheck(): Check {
  const path = '/sys/kernel/btf/vmlinux';
  const ok = existsSync(path);
  const change = 'boot a kernel with CONFIG_DEBUG_INFO_BTF=y, as distributions have it';
  return { name: 'type information (BTF)', ok, found: ok ? path : 'none', change: ok ? '' : change };
}

/** Bits of linux/capability.h that loading and attaching the programs takes. */
const neededCapabilities = { CAP_DAC_READ_SEARCH: 2n, CAP_NET_ADMIN: 12n, CAP_PERFMON: 38n, CAP_BPF: 39n };

function capabilityCheck(): Check {
  const effective = BigInt(
    `0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0'}`,
  );
  const missing = Object.entries(neededCapabilities).filter(([, bit]) => ((effective >> bit) & 1n) === 0n);
  const ok = missing.length === 0;
  const names = ok ? Object.keys(neededCapabilities).join(', ') : `without ${missing.map(([name]) => name).join(', ')}`;
  return { name: 'capabilities', ok, found: names, change: ok ? '' : 'run as root' };
}

async function cgroupCheck(): Promise<Check> {
  const name = 'cgroup of its own';
  try {
    const cgroup = createLocalCgroup(process.pid);
    await cgroup.remove();
    return { name, ok: true, found: `made and removed ${cgroup.path}`, change: '' };
  } catch (error) {
    return { name, ok: false, found: 'cannot be made', change: describeError(error) };
  }
}

/** What the probe itself proves: it loads, attaches and looks whether its own doings arrive. */
function probeChecks(): Check[] {
  if (!existsSync(probePath)) return [failed('sensor', 'the probe is not built', 'run npm run build')];
  const { stdout, stderr, error } = spawnSync(probePath, ['doctor', '--files'], {
    encoding: 'utf8',
    timeout: 30_000,
    maxBuffer: 1024 * 1024,
  });
  const proof = parseProof(stdout);
  if (proof === null)
    return [failed('sensor', (stderr ?? '').trim() || describeError(error ?? 'the probe said nothing'), advice)];
  if (!proof.armed) return [failed('sensor', proof.reason, advice)];
  const sensor = { name: 'sensor', ok: true, found: 'loaded, attached, and its own doings arrived', change: '' };
  const tier = tierCheck(proof.tier);
  const hooks = proof.hooks.filter(([hook]) => !isOfTier(hook)).map(([hook, seen]) => hookCheck(hook, seen));
  return [sensor, ...(tier === null ? [] : [tier]), fileCheck(proof), ...hooks];
}

/** Whether files are watched here without being asked for. */
function fileCheck({ hooks }: Proof): Check {
  const isFree = hooks.some(([hook, seen]) => hook === 'open_trampoline' && seen === true);
  const check = { name: 'watches files', ok: true };
  if (isFree) return { ...check, found: 'unless told not to: it costs no system call here', change: '' };
  const found = 'only where asked to: here it costs every system call of the machine';
  return { ...check, found, change: 'ask with trace.files.watch: Always in a policy, or with chaperone run --files' };
}

const advice = 'mend what is marked above; if nothing is, report this kernel with these words';

const hookNames: Record<string, string> = {
  fork: 'sees processes begin',
  exec: 'sees programs executed',
  exit: 'sees processes end',
  connect4: 'sees IPv4 connections',
  sendmsg4: 'sees IPv4 datagrams',
  connect6: 'sees IPv6 connections',
  sendmsg6: 'sees IPv6 datagrams',
  sock_create: 'sees raw sockets made',
  sock_release: 'sees sockets closed',
  sockops: 'sees how TCP connections end',
  accept: 'sees TCP connections accepted',
  egress: 'sees packets sent',
  ingress: 'sees packets received',
  error_report: 'sees datagrams refused',
  dns_question: 'sees names asked for',
  dns_answer: 'sees what names are answered with',
  opening: 'sees whom TLS and proxy clients name',
  connect_unix: 'sees connections to container engines',
  open: 'sees files opened',
};

/** Which of these fire is what the tier says. */
function isOfTier(hook: string): boolean {
  return hook === 'trampoline' || hook === 'lsm' || hook === 'open_trampoline';
}

function hookCheck(hook: string, seen: boolean | null): Check {
  const name = hookNames[hook] ?? hook;
  if (seen === null) return { name, ok: true, found: 'not on this machine', change: '' };
  return seen
    ? { name, ok: true, found: 'proved by effect', change: '' }
    : failed(name, 'its own doing did not arrive', advice);
}

function failed(name: string, found: string, change: string): Check {
  return { name, ok: false, found, change };
}

interface Proof {
  readonly armed: boolean;
  readonly reason: string;
  readonly tier: string;
  /** By hook: whether its effect was seen; `null` where that was not tried. */
  readonly hooks: readonly (readonly [string, boolean | null])[];
}

function parseProof(text: string | null): Proof | null {
  try {
    const { armed, reason, tier, hooks } = JSON.parse(text ?? '') as {
      armed?: unknown;
      reason?: unknown;
      tier?: unknown;
      hooks?: Record<string, boolean | null>;
    };
    return {
      armed: armed === true,
      reason: typeof reason === 'string' ? reason : '',
      tier: typeof tier === 'string' ? tier : '',
      hooks: Object.entries(hooks ?? {}),
    };
  } catch {
    return null;
  }
}

function drawChecks(checks: readonly Check[], works: boolean, paint: Paint): string {
  const width = Math.max(...checks.map(({ name }) => name.length));
  const lines = checks.flatMap(({ name, ok, found, change }) => {
    const line = `${ok ? paint('good', '✔') : paint('bad', '✖')} ${name.padEnd(width)}  ${visible(found)}`;
    return change === '' ? [line] : [line, `  ${' '.repeat(width)}  ${paint('warning', `→ ${visible(change)}`)}`];
  });
  const verdict = works
    ? paint('good', 'The sensor works on this machine.')
    : paint('bad', 'The sensor does not work on this machine; commands run, but nothing of them is seen.');
  return `${lines.join('\n')}\n\n${verdict}\n`;
}
