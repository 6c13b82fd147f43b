import { eventHeaderSize, frameType } from '../decode/layout.gen.ts';

/** A process that is to be marked: its number in the initial pid namespace and the image that it runs. */
export interface AgentProcess {
  readonly pid: number;
  readonly id: string;
}

/** The frame that asks the probe for everything so far; it answers with the same id. */
export function encodeFlush(id: number): Buffer {
  return encodeCommand(frameType.flush, { id });
}

/** The frame that says: the stream is kept up to this position, in bytes, and the probe may forget it. */
export function encodeAck(position: number): Buffer {
  return encodeCommand(frameType.ack, { position });
}

/** The frame that says: this process, if it still runs this image, is a coding agent. Unlike the others it says so in its header. */
export function encodeAgent({ pid, id }: AgentProcess): Buffer {
  const frame = encodeCommand(frameType.agent, {});
  frame.writeBigUInt64LE(BigInt(`0x${id}`), 16);
  frame.writeUInt32LE(pid, 40);
  return frame;
}

function encodeCommand(type: number, content: object): Buffer {
  const text = JSON.stringify(content);
  const body = Buffer.from(text.padEnd(Math.ceil(text.length / 8) * 8));
  const frame = Buffer.alloc(eventHeaderSize + body.length);
  frame.writeUInt32LE(frame.length, 0);
  frame.writeUInt16LE(type, 4);
  body.copy(frame, eventHeaderSize);
  return frame;
}
