import type { KernelEventFields } from './event-fields.ts';
import type { RawEventHeader } from './layout.gen.ts';

/** What every kernel event says. Spread it first in a literal: the engine then copies its shape, where behind another property it adds one by one, at twice the time. */
export function fields(header: RawEventHeader): KernelEventFields {
  return {
    seq: header.seq,
    cpu: header.cpu,
    time: header.time,
    image: id(header.image),
    root: idOrNull(header.root),
    cgroupId: header.cgroup.toString(),
    pid: header.tgid,
    tid: header.tid,
    nsPid: header.nsTgid,
    uid: header.uid,
  };
}

/** Sixteen hex digits. */
export function id(value: bigint): string {
  return value.toString(16).padStart(16, '0');
}

export function idOrNull(value: bigint): string | null {
  return value === 0n ? null : id(value);
}
