import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { KubeObject } from '../objects.ts';
import type { Resource } from '../resources.ts';

/** What may go wrong with one list or watch request. */
export type Fault =
  | 'expired'
  | 'too-many-requests'
  | 'internal-error'
  | 'half-open'
  | 'reset-mid-line'
  | 'duplicate'
  | 'reorder'
  | 'slow'
  | 'close-at-once'
  | 'not-json';

export const faults: readonly Fault[] = [
  'expired',
  'too-many-requests',
  'internal-error',
  'half-open',
  'reset-mid-line',
  'duplicate',
  'reorder',
  'slow',
  'close-at-once',
  'not-json',
];

interface LoggedEvent {
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  object: KubeObject;
  version: number;
}

/** Serves lists and watches of one kind from memory, on the loopback, and does wrong as told. */
export interface FakeApiServer {
  readonly url: string;
  /** Requests so far, such as `LIST` and `WATCH 12`. */
  readonly requests: readonly string[];
  objects(): KubeObject[];
  set(name: string, labels: Record<string, string>): void;
  remove(name: string): void;
  /** Forgets events, so that a watch from before this moment is answered with 410. */
  compact(): void;
  /** The next requests go wrong in this way, one each. */
  inject(...faults: Fault[]): void;
  /** Cuts all open watches, as a restart does. */
  cut(): void;
  close(): Promise<void>;
}

/** Starts the server; pages hold at most `pageSize` objects. */
export async function startFakeApiServer(kind: Resource, pageSize = 500): Promise<FakeApiServer> {
  const state: State = {
    kind,
    pageSize,
    version: 1,
    floor: 0,
    nextUid: 1,
    objects: new Map(),
    log: [],
    planned: [],
    watches: new Set(),
  };
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://server');
    const watching = url.searchParams.get('watch') === 'true';
    requests.push(watching ? `WATCH ${url.searchParams.get('resourceVersion')}` : 'LIST');
    answer(state, { url, watching, response });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    objects: () => [...state.objects.values()],
    set: (name, labels) => setObject(state, name, labels),
    remove: (name) => removeObject(state, name),
    compact() {
      state.floor = state.version;
      state.log.length = 0;
    },
    inject: (...planned) => void state.planned.push(...planned),
    cut: () => cutWatches(state),
    async close() {
      cutWatches(state);
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

interface State {
  kind: Resource;
  pageSize: number;
  version: number;
  /** Events up to this version are forgotten. */
  floor: number;
  nextUid: number;
  objects: Map<string, KubeObject>;
  log: LoggedEvent[];
  planned: Fault[];
  watches: Set<Watch>;
}

interface Watch {
  response: ServerResponse;
  fault: Fault | undefined;
}

interface Exchange {
  url: URL;
  watching: boolean;
  response: ServerResponse;
}

function setObject(state: State, name: string, labels: Record<string, string>): void {
  const previous = state.objects.get(name);
  state.version += 1;
  const object: KubeObject = {
    apiVersion: 'v1',
    kind: state.kind.kind,
    metadata: {
      name,
      namespace: 'default',
      uid: previous?.metadata.uid ?? `uid-${state.nextUid++}`,
      resourceVersion: String(state.version),
      labels,
    },
  };
  state.objects.set(name, object);
  publish(state, { type: previous === undefined ? 'ADDED' : 'MODIFIED', object, version: state.version });
}

function removeObject(state: State, name: string): void {
  const previous = state.objects.get(name);
  if (previous === undefined) return;
  state.version += 1;
  state.objects.delete(name);
  const object = { ...previous, metadata: { ...previous.metadata, resourceVersion: String(state.version) } };
  publish(state, { type: 'DELETED', object, version: state.version });
}

function publish(state: State, event: LoggedEvent): void {
  state.log.push(event);
  for (const watch of state.watches) deliver(state, watch, [event]);
}

function answer(state: State, exchange: Exchange): void {
  const fault = state.planned.shift();
  const { response, watching } = exchange;
  if (fault === 'too-many-requests') sendStatus(response, 429, { 'retry-after': '1' });
  else if (fault === 'internal-error') sendStatus(response, 500);
  else if (fault === 'not-json') response.writeHead(200).end('<html>a proxy says hello</html>\n');
  else if (watching) startWatch(state, exchange, fault);
  else answerList(state, exchange, fault);
}

function answerList(state: State, exchange: Exchange, fault: Fault | undefined): void {
  if (fault === 'expired') sendStatus(exchange.response, 410);
  else if (fault === 'reset-mid-line' || fault === 'close-at-once' || fault === 'half-open')
    exchange.response.destroy();
  else sendList(state, exchange);
}

function sendStatus(response: ServerResponse, code: number, headers: Record<string, string> = {}): void {
  response.writeHead(code, { 'content-type': 'application/json', ...headers }).end(status(code));
}

function status(code: number): string {
  const reason = code === 410 ? 'Expired' : 'Fault';
  return JSON.stringify({ kind: 'Status', apiVersion: 'v1', code, reason, message: `injected ${code}` });
}

/** A page of a list is of the version of its first page; when something changed in between, the token has expired. */
function sendList(state: State, { url, response }: Exchange): void {
  const [version = 0, offset = 0] = (url.searchParams.get('continue') ?? `${state.version}/0`).split('/').map(Number);
  if (version !== state.version) {
    sendStatus(response, 410);
    return;
  }
  const all = [...state.objects.values()];
  const end = url.searchParams.has('limit') ? offset + state.pageSize : all.length;
  const metadata = { resourceVersion: String(version), ...(end < all.length ? { continue: `${version}/${end}` } : {}) };
  const items = all.slice(offset, end).map(({ kind: _, apiVersion: __, ...item }) => item);
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ kind: `${state.kind.kind}List`, metadata, items }));
}

function startWatch(state: State, { url, response }: Exchange, fault: Fault | undefined): void {
  const since = Number(url.searchParams.get('resourceVersion'));
  response.writeHead(200, { 'content-type': 'application/json' });
  response.flushHeaders();
  if (fault === 'half-open') return;
  if (fault === 'close-at-once') {
    response.end();
  } else if (fault === 'expired' || since < state.floor) {
    response.end(`${JSON.stringify({ type: 'ERROR', object: JSON.parse(status(410)) })}\n`);
  } else {
    const watch: Watch = { response, fault };
    state.watches.add(watch);
    response.on('close', () => state.watches.delete(watch));
    const missed = state.log.filter((event) => event.version > since);
    deliver(state, watch, missed);
  }
}

function deliver(state: State, watch: Watch, events: readonly LoggedEvent[]): void {
  if (events.length === 0) return;
  const lines = events.map(({ type, object }) => `${JSON.stringify({ type, object })}\n`);
  const { response, fault } = watch;
  if (fault === 'reset-mid-line') {
    response.write(lines.join('').slice(0, -10), () => response.destroy());
    state.watches.delete(watch);
  } else if (fault === 'duplicate') {
    response.write(lines.flatMap((line) => [line, line]).join(''));
  } else if (fault === 'reorder') {
    response.write(lines.toReversed().join(''));
  } else if (fault === 'slow') {
    for (const part of lines.join('').match(/.{1,40}|\n/gs) ?? []) response.write(part);
  } else {
    response.write(lines.join(''));
  }
}

function cutWatches(state: State): void {
  for (const { response } of state.watches) response.destroy();
  state.watches.clear();
}
