import type http from 'node:http';
import { ChaperoneError } from '../../../crds/errors.ts';
import { receiver as ports } from '../../decode/layout.gen.ts';
import type { SpeakerEvent } from '../../decode/socket-events.ts';
import { LongTexts } from './long-texts.ts';
import { type OtherEnd, OtherEnds, type OtherEndsOptions } from './other-ends.ts';
import { readWords } from './read-words.ts';
import { type Signal, signals, type Word } from './word.ts';

/** Words, and the connection that they came by, as the kernel told of it. */
export interface Said {
  readonly speaker: SpeakerEvent;
  /** None where all that is to be said is that something was refused. */
  readonly words: readonly Word[];
  /** Nothing that the process sent until now was refused. */
  readonly isWhole: boolean;
}

export interface ReceiverOptions extends OtherEndsOptions {
  readonly onSaid: (said: Said) => void;
}

/** Requests by what became of them. */
export interface ReceiverAccount {
  /** Read, of agents; and of others, which are read only to know whether they pose as one. */
  read: number;
  readOfOthers: number;
  /** More than the process may send, or more than the receiver holds at once. */
  refused: number;
  /** No OTLP in JSON. */
  malformed: number;
  /** Of nobody that is known. */
  unknown: number;
}

export interface Receiver {
  /** On 127.0.0.1. */
  readonly port: number;
  readonly account: Readonly<ReceiverAccount>;
  /** Takes no more, and resolves once what came was read, a second at most. */
  close(): Promise<void>;
}

/** Of one body without what is cut of its texts, and of all that are being read, in bytes. */
const limits = {
  agents: { body: 2 << 20, held: 4 << 20 },
  others: { body: 64 << 10, held: 256 << 10 },
} as const;
const maxConnections = 128;
const closeMs = 1_000;

/** Not imported: see sensor/export/http-post.ts. */
const { createServer } = process.getBuiltinModule('node:http');

/** Listens on 127.0.0.1 at the first port that is free of those of which the kernel programs tell who asks for them. Rejects if none is. */
export async function openReceiver(options: ReceiverOptions, most: number = ports.ports): Promise<Receiver> {
  const receiver = new OtlpReceiver(options);
  for (let port = ports.port; ; port += 1) {
    const error = await receiver.listen(port);
    if (error === null) return receiver;
    if (port === ports.port + most - 1) throw noPort(port, error);
  }
}

function noPort(last: number, cause: NodeJS.ErrnoException): unknown {
  if (cause.code !== 'EADDRINUSE') return cause;
  const message = `all ports from ${ports.port} to ${last} of 127.0.0.1 are taken: end what listens there`;
  return new ChaperoneError('agent-receiver-ports', message);
}

class OtlpReceiver implements Receiver {
  port = 0;
  readonly account: ReceiverAccount = { read: 0, readOfOthers: 0, refused: 0, malformed: 0, unknown: 0 };
  readonly #options: ReceiverOptions;
  readonly #server: http.Server;
  readonly #ends: OtherEnds;
  readonly #reading = new Set<Promise<void>>();
  readonly #held = { agents: 0, others: 0 };

  constructor(options: ReceiverOptions) {
    this.#options = options;
    this.#ends = new OtherEnds(options);
    this.#server = createServer(
      { maxHeaderSize: 8_192, headersTimeout: 5_000, requestTimeout: 10_000, connectionsCheckingInterval: 2_000 },
      (request, response) => this.#take(request, response),
    );
    this.#server.maxConnections = maxConnections;
    this.#server.on('connection', (socket) => this.#ends.accepted(socket));
    this.#server.on('drop', (end) => this.#dropped(end?.remoteAddress ?? '', end?.remotePort ?? 0));
    this.#server.on('clientError', (_, socket) => socket.destroy());
  }

  listen(port: number): Promise<Error | null> {
    return new Promise((resolve) => {
      const failed = (error: Error) => {
        this.#server.off('listening', listens);
        resolve(error);
      };
      const listens = () => {
        this.#server.off('error', failed);
        this.port = port;
        resolve(null);
      };
      this.#server.once('error', failed).once('listening', listens).listen(port, '127.0.0.1');
    });
  }

  async close(): Promise<void> {
    this.#server.close();
    await new Promise<void>((resolve) => {
      const cancel = this.#options.clock.after(closeMs, resolve);
      Promise.all(this.#reading).then(() => {
        cancel();
        resolve();
      });
    });
    this.#server.closeAllConnections();
  }

  /** What its process wanted to say is missing. */
  #dropped(address: string, port: number): void {
    this.account.refused += 1;
    void this.#ends.dropped(address, port).then((speaker) => {
      if (speaker !== null) this.#options.onSaid({ speaker, words: [], isWhole: false });
    });
  }

  #take(request: http.IncomingMessage, response: http.ServerResponse): void {
    const reading = this.#answer(request, response)
      // The other side has gone.
      .catch(() => void request.destroy())
      .finally(() => this.#reading.delete(reading));
    this.#reading.add(reading);
  }

  async #answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const end = await this.#ends.of(request.socket);
    if (end === null) this.account.unknown += 1;
    answer(request, response, end === null ? 403 : await this.#hear(request, end));
  }

  /** The status of the answer. */
  async #hear(request: http.IncomingMessage, end: OtherEnd): Promise<number> {
    const signal = signalOf(request);
    if (signal === null) return 404;
    if (!isRead(signal, end)) return await this.#pass(request, end);
    const body = await this.#read(request, end);
    if (typeof body !== 'number') return this.#understand(body, signal, end);
    end.allowance.isOverdrawn = true;
    this.#options.onSaid({ speaker: end.event, words: [], isWhole: false });
    return body;
  }

  #understand(body: Buffer, signal: Signal, { dialect, event, allowance }: OtherEnd): 200 | 400 {
    const words = readWords(body, signal, dialect);
    if (words === null) {
      this.account.malformed += 1;
      return 400;
    }
    this.account[dialect === null ? 'readOfOthers' : 'read'] += 1;
    if (words.length > 0) this.#options.onSaid({ speaker: event, words, isWhole: !allowance.isOverdrawn });
    return 200;
  }

  /** What is not read is still taken, so that the agent does not send it again. */
  async #pass(request: http.IncomingMessage, end: OtherEnd): Promise<number> {
    for await (const chunk of request as AsyncIterable<Buffer>)
      if (!this.#affords(end, chunk.length / unreadShare)) return 429;
    return 200;
  }

  /** The body, or the status of the refusal. */
  async #read(request: http.IncomingMessage, end: OtherEnd): Promise<Buffer | 413 | 415 | 429 | 503> {
    const lane = end.dialect === null ? 'others' : 'agents';
    if (!isPlainJson(request)) return 415;
    const texts = new LongTexts();
    const chunks: Buffer[] = [];
    let bytes = 0;
    try {
      for await (const chunk of request as AsyncIterable<Buffer>) {
        if (!this.#affords(end, chunk.length)) return 429;
        // A copy: what is left of a chunk would keep all of it.
        const part = Buffer.from(texts.pass(chunk));
        bytes += part.length;
        this.#held[lane] += part.length;
        if (bytes > limits[lane].body) return this.#refuse(413);
        if (this.#held[lane] > limits[lane].held) return this.#refuse(503);
        chunks.push(part);
      }
      return Buffer.concat(chunks);
    } finally {
      this.#held[lane] -= bytes;
    }
  }

  #affords({ allowance }: OtherEnd, bytes: number): boolean {
    const affords = allowance.take(bytes, this.#options.clock.now());
    if (!affords) this.account.refused += 1;
    return affords;
  }

  #refuse<Status>(status: Status): Status {
    this.account.refused += 1;
    return status;
  }
}

/** Bytes that are not kept cost this much less than others. */
const unreadShare = 8;

/** `unread`: a signal that no agent has words in; `null`: nothing of OTLP's. */
function signalOf({ method, url = '' }: http.IncomingMessage): Signal | 'unread' | null {
  const [, name] = method === 'POST' ? (/^\/v1\/(traces|logs|metrics)$/.exec(url) ?? []) : [];
  return signals.find((signal) => signal === name) ?? (name === undefined ? null : 'unread');
}

/** An agent's words are in one signal; of others both are looked at. */
function isRead(signal: Signal | 'unread', { dialect }: OtherEnd): signal is Signal {
  return signal !== 'unread' && (dialect === null || dialect.signal === signal);
}

function isPlainJson({ headers }: http.IncomingMessage): boolean {
  const isWhole = (headers['content-encoding'] ?? 'identity') === 'identity';
  return isWhole && /^application\/json\b/.test(headers['content-type'] ?? '');
}

/** A request that was not read to its end takes its connection with it. */
function answer(request: http.IncomingMessage, response: http.ServerResponse, status: number): void {
  const retry = status === 429 || status === 503 ? { 'retry-after': '5' } : {};
  const close = request.complete ? {} : { connection: 'close' };
  response.writeHead(status, { 'content-type': 'application/json', ...retry, ...close });
  if (!request.complete) response.once('finish', () => request.destroy());
  response.end('{}');
}
