import {
  memoryAccess,
  memoryDenied,
  memoryTargetExecutable,
  memoryTargetPid,
  memoryTargetVpid,
  memoryWay,
  privilegeAct,
  privilegeBpfType,
  privilegeChange,
  privilegeName,
  privilegeNamespaces,
} from '../../crds/attributes.ts';
import type { MemoryEvent, PrivilegeEvent } from '../decode/reach-events.ts';
import type { ProcessImage } from '../lineage/process-table.ts';
import type { Note } from './span-notes.ts';
import { printable } from './text.ts';

/** A process reached into another one's memory. `target` is `null` where that began before the sensor, or is not of the pod. */
export function memoryNote({ time, target, way, denied }: MemoryEvent, image: ProcessImage | null): Note {
  const name = image?.path || target.name;
  return {
    name: memoryAccess,
    time,
    attributes: {
      [memoryWay]: way,
      ...(target.pid === 0 ? { [memoryTargetVpid]: target.nsPid } : { [memoryTargetPid]: target.pid }),
      ...(name === '' ? {} : { [memoryTargetExecutable]: printable(name) }),
      ...(denied ? { [memoryDenied]: true } : {}),
    },
  };
}

/** A process loaded a module or a BPF program, or left namespaces of its parent. */
export function privilegeNote({ time, act, name, namespaces, programType }: PrivilegeEvent): Note {
  return {
    name: privilegeChange,
    time,
    attributes: {
      [privilegeAct]: act,
      ...(name === '' ? {} : { [privilegeName]: printable(name) }),
      ...(programType === null ? {} : { [privilegeBpfType]: programType }),
      ...(namespaces.length === 0 ? {} : { [privilegeNamespaces]: [...namespaces] }),
    },
  };
}
