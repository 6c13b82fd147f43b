import { decodeFrame } from './decode-frame.ts';
import { eventClasses } from './kernel-events.ts';
import type { ProbeEvent } from './probe-events.ts';

/** The event in a frame; one that cannot be decoded is an event too, so that it is counted where all is. */
export function readFrame(frame: Buffer): ProbeEvent {
  const decoded = decodeFrame(frame);
  if (typeof decoded !== 'string') return decoded;
  const eventClass = frame.length < 6 ? undefined : eventClasses[frame.readUInt16LE(4) - 1];
  return { kind: 'undecoded', why: decoded, eventClass: eventClass ?? null };
}
