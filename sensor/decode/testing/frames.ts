import {
  acceptEventSize,
  argvEventSize,
  closeEventSize,
  connectEventSize,
  credentialsEventSize,
  dnsEventSize,
  eventHeaderSize,
  execEventSize,
  exitEventSize,
  fileEventSize,
  forkEventSize,
  frameType,
  memoryEventSize,
  openingEventSize,
  privilegeEventSize,
  socketEventSize,
  speakerEventSize,
  unixEventSize,
} from '../layout.gen.ts';

/** Frames as the probe would send them, for tests of those who read them; what is not given is 0. */
export interface FrameFields {
  readonly type: number;
  readonly flags?: number;
  readonly body?: Buffer;
}

/** A frame with the given body after its header, padded to a multiple of 8. */
export function makeFrame({ type, flags = 0, body = Buffer.alloc(0) }: FrameFields): Buffer {
  const frame = Buffer.alloc(Math.ceil((eventHeaderSize + body.length) / 8) * 8);
  frame.writeUInt32LE(frame.length, 0);
  frame.writeUInt16LE(type, 4);
  frame.writeUInt16LE(flags, 6);
  body.copy(frame, eventHeaderSize);
  return frame;
}

/** A word of the probe's. */
export function makeWord(type: number, value: unknown): Buffer {
  const text = JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? String(each) : each));
  return makeFrame({ type, body: Buffer.from(text.padEnd(Math.ceil(text.length / 8) * 8)) });
}

/** The variable parts of an exec. */
export interface ExecParts {
  readonly path?: string;
  readonly filename?: string;
  readonly cwd?: string;
  readonly argv?: readonly string[];
  readonly env?: readonly string[];
  readonly flags?: number;
}

/** An exec with the given strings. */
export function makeExec({ path = '', filename = '', cwd = '', argv = [], env = [], flags = 0 }: ExecParts): Buffer {
  const list = (strings: readonly string[]) => Buffer.from(strings.map((text) => `${text}\0`).join(''));
  const parts = [Buffer.from(path), Buffer.from(filename), Buffer.from(cwd), list(argv), list(env)];
  const fixed = Buffer.alloc(execEventSize - eventHeaderSize);
  parts.forEach((part, i) => {
    fixed.writeUInt32LE(part.length, 16 + 4 * i);
  });
  return makeFrame({ type: frameType.exec, flags, body: Buffer.concat([fixed, ...parts]) });
}

/** The smallest frame of each type of kernel event, all zeros after the header. */
export function makeEmptyEvents(): Buffer[] {
  const sizes = new Map([
    [frameType.fork, forkEventSize],
    [frameType.exec, execEventSize],
    [frameType.exit, exitEventSize],
    [frameType.connect, connectEventSize],
    [frameType.close, closeEventSize],
    [frameType.accept, acceptEventSize],
    [frameType.socket, socketEventSize],
    [frameType.unix, unixEventSize],
    [frameType.dns, dnsEventSize],
    [frameType.opening, openingEventSize],
    [frameType.argv, argvEventSize],
    [frameType.credentials, credentialsEventSize],
    [frameType.file, fileEventSize],
    [frameType.memory, memoryEventSize],
    [frameType.privilege, privilegeEventSize],
    [frameType.speaker, speakerEventSize],
  ]);
  return [...sizes].map(([type, size]) => makeFrame({ type, body: Buffer.alloc(size - eventHeaderSize) }));
}
