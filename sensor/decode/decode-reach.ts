import { fields, idOrNull } from './fields.ts';
import {
  memoryEventSize,
  memoryWay,
  privilegeAct,
  privilegeEventSize,
  type RawEventHeader,
  readMemoryEvent,
  readPrivilegeEvent,
  tierHook,
} from './layout.gen.ts';
import type { MemoryEvent, Namespace, PrivilegeEvent } from './reach-events.ts';

const ways = new Map<number, MemoryEvent['way']>([
  [memoryWay.ptrace, 'ptrace'],
  [memoryWay.vmRead, 'process_vm_readv'],
  [memoryWay.vmWrite, 'process_vm_writev'],
  [memoryWay.procMem, '/proc/PID/mem'],
  [memoryWay.descriptor, 'pidfd_getfd'],
  [memoryWay.other, 'other'],
]);

const hooks = new Map<number, MemoryEvent['hook']>([
  [tierHook.signal, 'signal'],
  [tierHook.trampoline, 'trampoline'],
  [tierHook.lsm, 'lsm'],
  [tierHook.call, 'call'],
]);

export function decodeMemory(frame: Buffer, view: DataView, header: RawEventHeader): MemoryEvent | 'malformed' {
  if (frame.length < memoryEventSize) return 'malformed';
  const memory = readMemoryEvent(view, 0);
  const way = ways.get(memory.way);
  const hook = hooks.get(memory.hook);
  if (way === undefined || hook === undefined) return 'malformed';
  const target = {
    image: idOrNull(memory.targetImage),
    pid: memory.targetTgid,
    nsPid: memory.targetNsTgid,
    startTime: memory.targetStart,
    name: text(memory.targetName),
  };
  return { ...fields(header), kind: 'memory', target, way, hook, denied: memory.denied !== 0 };
}

const acts = new Map<number, PrivilegeEvent['act']>([
  [privilegeAct.module, 'module'],
  [privilegeAct.bpfProgram, 'bpf'],
  [privilegeAct.namespaces, 'namespaces'],
]);

/** Bits of clone(2), of linux/sched.h. */
const namespaces: readonly [number, Namespace][] = [
  [0x0002_0000, 'mnt'],
  [0x0200_0000, 'cgroup'],
  [0x0400_0000, 'uts'],
  [0x0800_0000, 'ipc'],
  [0x1000_0000, 'user'],
  [0x2000_0000, 'pid'],
  [0x4000_0000, 'net'],
];

export function decodePrivilege(frame: Buffer, view: DataView, header: RawEventHeader): PrivilegeEvent | 'malformed' {
  if (frame.length < privilegeEventSize) return 'malformed';
  const { act: number, detail, name } = readPrivilegeEvent(view, 0);
  const act = acts.get(number);
  if (act === undefined) return 'malformed';
  const entered = act === 'namespaces' ? namespaces.filter(([bit]) => (detail & bit) !== 0) : [];
  return {
    ...fields(header),
    kind: 'privilege',
    act,
    name: text(name),
    namespaces: entered.map(([, namespace]) => namespace),
    programType: act === 'bpf' ? detail : null,
  };
}

/** Up to the NUL. */
function text(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return Buffer.from(end < 0 ? bytes : bytes.subarray(0, end)).toString();
}
