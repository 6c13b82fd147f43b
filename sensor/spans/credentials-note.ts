import { privilegeCause, privilegeChange } from '../../crds/attributes.ts';
import type { Credentials, CredentialsEvent } from '../decode/process-events.ts';
import type { Attributes } from './finished-span.ts';
import type { Note } from './span-notes.ts';

/** A process became another user or group, or its effective capabilities changed: each of these that did, before and after. */
export function credentialsNote({ time, before, after, cause }: CredentialsEvent): Note {
  return {
    name: privilegeChange,
    time,
    attributes: {
      [privilegeCause]: cause === 'exec' ? 'executable' : 'call',
      ...changes(before, after),
      ...capabilityChanges(before, after),
      ...(after.namespaceLevel > 0 ? { 'chaperone.privilege.user_namespace.level': after.namespaceLevel } : {}),
    },
  };
}

const names = [
  ['uid', 'real_user'],
  ['euid', 'effective_user'],
  ['gid', 'real_group'],
  ['egid', 'effective_group'],
] as const;

function changes(before: Credentials, after: Credentials): Attributes {
  const attributes: Attributes = {};
  for (const [key, name] of names) {
    if (before[key] === after[key]) continue;
    attributes[`chaperone.privilege.${name}.before`] = before[key];
    attributes[`chaperone.privilege.${name}.after`] = after[key];
  }
  return attributes;
}

function capabilityChanges(before: Credentials, after: Credentials): Attributes {
  const gained = capabilityNames(after.capabilities & ~before.capabilities);
  const lost = capabilityNames(before.capabilities & ~after.capabilities);
  return {
    ...(gained.length === 0 ? {} : { 'chaperone.privilege.capabilities.gained': gained }),
    ...(lost.length === 0 ? {} : { 'chaperone.privilege.capabilities.lost': lost }),
  };
}

/** By number (include/uapi/linux/capability.h). */
const capabilities = [
  'CHOWN',
  'DAC_OVERRIDE',
  'DAC_READ_SEARCH',
  'FOWNER',
  'FSETID',
  'KILL',
  'SETGID',
  'SETUID',
  'SETPCAP',
  'LINUX_IMMUTABLE',
  'NET_BIND_SERVICE',
  'NET_BROADCAST',
  'NET_ADMIN',
  'NET_RAW',
  'IPC_LOCK',
  'IPC_OWNER',
  'SYS_MODULE',
  'SYS_RAWIO',
  'SYS_CHROOT',
  'SYS_PTRACE',
  'SYS_PACCT',
  'SYS_ADMIN',
  'SYS_BOOT',
  'SYS_NICE',
  'SYS_RESOURCE',
  'SYS_TIME',
  'SYS_TTY_CONFIG',
  'MKNOD',
  'LEASE',
  'AUDIT_WRITE',
  'AUDIT_CONTROL',
  'SETFCAP',
  'MAC_OVERRIDE',
  'MAC_ADMIN',
  'SYSLOG',
  'WAKE_ALARM',
  'BLOCK_SUSPEND',
  'AUDIT_READ',
  'PERFMON',
  'BPF',
  'CHECKPOINT_RESTORE',
];

const lastBit = 63n;

/** As capabilities(7) has them, without `CAP_`; later ones by number. All of them together are `ALL`. */
function capabilityNames(set: bigint): string[] {
  const every = (1n << BigInt(capabilities.length)) - 1n;
  if ((set & every) === every) return ['ALL'];
  const found: string[] = [];
  for (let bit = 0n; bit <= lastBit; bit += 1n)
    if (set & (1n << bit)) found.push(capabilities[Number(bit)] ?? `CAP_${bit}`);
  return found;
}
