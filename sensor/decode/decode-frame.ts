import { decodeFile } from './decode-file.ts';
import { decodeDns, decodeOpening } from './decode-names.ts';
import { decodeArgv, decodeCredentials, decodeExec, decodeExit, decodeFork } from './decode-process.ts';
import { decodeMemory, decodePrivilege } from './decode-reach.ts';
import { decodeAccept, decodeClose, decodeConnect, decodeSocket, decodeSpeaker, decodeUnix } from './decode-socket.ts';
import { eventHeaderSize, frameType, type RawEventHeader, readEventHeader } from './layout.gen.ts';
import type { ProbeEvent } from './probe-events.ts';
import { decodeFlushed, decodeHello, decodeStats } from './probe-words.ts';

/** An event, or why there is none: a frame of a type that this version does not know, or one whose bytes contradict themselves. */
export type Decoded = ProbeEvent | 'unknown' | 'malformed';

type Decoder = (frame: Buffer, view: DataView, header: RawEventHeader) => Decoded;

const decoders = new Map<number, Decoder>([
  [frameType.fork, decodeFork],
  [frameType.exec, decodeExec],
  [frameType.exit, decodeExit],
  [frameType.connect, decodeConnect],
  [frameType.close, decodeClose],
  [frameType.accept, decodeAccept],
  [frameType.socket, decodeSocket],
  [frameType.unix, decodeUnix],
  [frameType.dns, decodeDns],
  [frameType.opening, decodeOpening],
  [frameType.argv, decodeArgv],
  [frameType.credentials, decodeCredentials],
  [frameType.file, decodeFile],
  [frameType.memory, decodeMemory],
  [frameType.privilege, decodePrivilege],
  [frameType.speaker, decodeSpeaker],
  [frameType.hello, (frame) => decodeHello(body(frame))],
  [frameType.stats, (frame) => decodeStats(body(frame))],
  [frameType.flushed, (frame) => decodeFlushed(body(frame))],
]);

/** Decodes one frame as the splitter cut it. Never throws, whatever the bytes. */
export function decodeFrame(frame: Buffer): Decoded {
  if (frame.length < eventHeaderSize) return 'malformed';
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  const header = readEventHeader(view, 0);
  if (header.len !== frame.length) return 'malformed';
  return decoders.get(header.type)?.(frame, view, header) ?? 'unknown';
}

function body(frame: Buffer): string {
  return frame.toString('utf8', eventHeaderSize);
}
