import { eventHeaderSize, frameType } from '../decode/layout.gen.ts';

/** The frame that asks the probe for everything so far; it answers with the same id. */
export function encodeFlush(id: number): Buffer {
  const text = JSON.stringify({ id });
  const body = Buffer.from(text.padEnd(Math.ceil(text.length / 8) * 8));
  const frame = Buffer.alloc(eventHeaderSize + body.length);
  frame.writeUInt32LE(frame.length, 0);
  frame.writeUInt16LE(frameType.flush, 4);
  body.copy(frame, eventHeaderSize);
  return frame;
}
