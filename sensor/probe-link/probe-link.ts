import type { Duplex } from 'node:stream';
import { ChaperoneError } from '../../crds/errors.ts';
import { FrameSplitter } from '../decode/frame-splitter.ts';
import type { ProbeEvent, StatsEvent } from '../decode/probe-events.ts';
import { readFrame } from '../decode/read-frame.ts';
import { type AgentProcess, encodeAck, encodeAgent, encodeFlush } from './encode-command.ts';

/** Keeps frames for the next run of this process, should this one be killed. */
export interface FrameKeeper {
  /** Whether the frame is new: one that an earlier run has kept is not told again. */
  take(frame: Buffer, event: ProbeEvent): boolean;
  /** Called after each chunk. The position up to which everything is kept, once it is worth telling the probe; else `null`. */
  keep(): number | null;
}

/** What a link tells its owner. */
export interface ProbeHandlers {
  /** Every event in the order in which the kernel told them; HELLO is the first. An exception thrown here ends the process: it is a fault of ours. */
  readonly onEvent: (event: ProbeEvent) => void;
  /** The link has ended: without an error when either side closed it. Nothing follows. */
  readonly onEnd?: (error?: Error) => void;
  /** With a keeper the probe is told what was kept, and gives what was not to the next of its peers. */
  readonly keeper?: FrameKeeper;
}

/** A connection to the probe. */
export interface ProbeLink {
  /**
   * Resolves once everything that the kernel had told before the call has gone to `onEvent`, with the account of that moment.
   * Rejects with `probe-link-closed` if the link ends first.
   */
  flush(): Promise<StatsEvent>;
  /**
   * Says that a process is a coding agent: executions of its own and of what it forks from then on are told with `ofAgent` and the variables
   * that agents give. Nothing happens where the process runs another image by now, or where the link has ended.
   */
  markAgent(process: AgentProcess): void;
  /** Says that nothing more is wanted; the probe of local mode then gives its last events and ends. */
  close(): void;
}

/** Speaks to the probe over a stream that it handed over. */
export function connectProbe(stream: Duplex, handlers: ProbeHandlers): ProbeLink {
  return new StreamLink(stream, handlers);
}

interface Waiting {
  readonly resolve: (stats: StatsEvent) => void;
  readonly reject: (error: Error) => void;
}

class StreamLink implements ProbeLink {
  readonly #stream: Duplex;
  readonly #handlers: ProbeHandlers;
  readonly #splitter = new FrameSplitter();
  readonly #waiting = new Map<number, Waiting>();
  #lastFlush = 0;
  #stats: StatsEvent | undefined;
  #error: Error | undefined;
  #ended = false;

  constructor(stream: Duplex, handlers: ProbeHandlers) {
    this.#stream = stream;
    this.#handlers = handlers;
    stream.on('data', (chunk: Buffer) => this.#read(chunk));
    stream.on('error', (error) => {
      this.#error = isHangUp(error) ? this.#error : error;
    });
    stream.once('close', () => this.#end());
    stream.once('end', () => stream.destroy());
  }

  flush(): Promise<StatsEvent> {
    if (this.#ended) return Promise.reject(closedError());
    this.#lastFlush += 1;
    const id = this.#lastFlush;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#stream.write(encodeFlush(id));
    });
  }

  markAgent(process: AgentProcess): void {
    if (this.#stream.writable) this.#stream.write(encodeAgent(process));
  }

  close(): void {
    this.#stream.end();
  }

  #read(chunk: Buffer): void {
    const { keeper } = this.#handlers;
    for (const frame of this.#splitter.push(chunk)) {
      const event = readFrame(frame);
      if (keeper === undefined || keeper.take(frame, event)) this.#take(event);
    }
    const kept = keeper?.keep() ?? null;
    if (kept !== null && !this.#stream.destroyed) this.#stream.write(encodeAck(kept));
    if (this.#splitter.broken) this.#stream.destroy(brokenError());
  }

  #take(event: ProbeEvent): void {
    if (event.kind === 'stats') this.#stats = event;
    this.#handlers.onEvent(event);
    if (event.kind === 'flushed') this.#settle(event.id);
  }

  #settle(id: number): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (this.#stats !== undefined) waiting?.resolve(this.#stats);
    else waiting?.reject(brokenError());
  }

  #end(): void {
    this.#ended = true;
    for (const { reject } of this.#waiting.values()) reject(closedError(this.#error));
    this.#waiting.clear();
    this.#handlers.onEnd?.(this.#error);
  }
}

/** The probe's death is told by its end, not by the write that met it. */
function isHangUp(error: NodeJS.ErrnoException): boolean {
  return error.code === 'EPIPE' || error.code === 'ECONNRESET';
}

function closedError(cause?: Error): ChaperoneError {
  return new ChaperoneError('probe-link-closed', 'The probe has ended its connection; see its log', { cause });
}

function brokenError(): ChaperoneError {
  return new ChaperoneError(
    'probe-link-broken',
    'The probe sent what is no frame; use a probe and a sensor of the same version',
  );
}
