import type { OpeningEvent } from '../decode/name-events.ts';
import type { CloseEvent, ConnectEvent } from '../decode/socket-events.ts';
import type { ContactStage } from '../findings/detector.ts';
import type { Contacted } from '../findings/job-findings.ts';
import { type Opening, readOpening } from '../names/opening.ts';
import type { Origin } from '../names/resolved-addresses.ts';
import { type ConnectionEnd, type ConnectionStart, endOf, unknownEnd, unsentEnd } from './connection-end.ts';
import { type ConnectionName, nameConnection } from './connection-name.ts';
import { connectionKind, connectionName, connectionSpan } from './connection-span.ts';
import type { ProcessNode } from './process-node.ts';
import type { ProcessSpans } from './process-spans.ts';
import type { Scope } from './scope.ts';

/** A connection whose end is not known yet. Whether it gets a span of its own was decided when it began. */
interface OpenConnection {
  readonly event: ConnectionStart;
  readonly scope: Scope;
  /** `null` where the process is not known or is the runner itself. */
  readonly node: ProcessNode | null;
  /** Counts the process's connections from 1. */
  readonly nth: number;
  readonly hasSpan: boolean;
  /** What its address was resolved from, as of its beginning. */
  readonly origin: Origin | null;
  /** What its first bytes said. */
  opening: Opening | null;
  /** The other side is known to have taken it. */
  isAnswered: boolean;
}

/** Told of every connection of this side, when it begins and when it has come further. */
export type OnContact = (contacted: Contacted, stage: ContactStage, time: bigint) => void;

/** So many sockets of a job are followed to their end. */
const maxSockets = 16_384;

/** The connections of one job, from their beginning to their end. Spans and folds come to exactly what was connected and accepted. */
export class ConnectionSpans {
  readonly #processes: ProcessSpans;
  readonly #onContact: OnContact;
  /** By socket: one of datagrams may have several destinations. */
  readonly #open = new Map<string, OpenConnection[]>();

  constructor(processes: ProcessSpans, onContact: OnContact) {
    this.#processes = processes;
    this.#onContact = onContact;
  }

  /** False if there is no room to follow it: it is told without its end. */
  began(event: ConnectionStart, scope: Scope, node: ProcessNode | null, origin: Origin | null): boolean {
    if (event.kind === 'accept') scope.accepted += 1;
    else scope.connections += 1;
    const nth = node === null ? ++scope.looseConnections : ++node.connections;
    const hasSpan = this.#processes.takeConnection(node, nth, connectionName(event, null));
    if (!hasSpan) scope.foldedConnections += 1;
    const connection: OpenConnection = { event, scope, node, nth, hasSpan, origin, opening: null, isAnswered: false };
    this.#progressed(connection, 'begun', event.time);
    const sameSocket = this.#open.get(event.socket);
    const isFollowed = sameSocket !== undefined || this.#open.size < maxSockets;
    // The kernel does not tell when a connection to a unix socket ends; further destinations of a socket that are folded have no end of their own.
    if (!isFollowed || event.kind === 'unix' || (!hasSpan && sameSocket !== undefined))
      this.#finish(connection, unknownEnd(event.time));
    else if (sameSocket !== undefined) sameSocket.push(connection);
    else this.#open.set(event.socket, [connection]);
    return isFollowed;
  }

  /** False if the socket is not of this job. */
  opened({ socket, bytes, sent, time }: OpeningEvent): boolean {
    const connection = this.#open.get(socket)?.at(-1);
    if (connection === undefined) return false;
    connection.opening = readOpening(bytes, sent);
    this.#progressed(connection, 'answered', time);
    return true;
  }

  /** False if the socket is not of this job. */
  ended(event: CloseEvent): boolean {
    const all = this.#open.get(event.socket);
    if (all === undefined) return false;
    this.#open.delete(event.socket);
    const end = endOf(event);
    const current = all.filter((connection) => connection.event.time >= event.started);
    for (const connection of all) {
      if (!current.includes(connection)) this.#finish(connection, unsentEnd(event.started));
      else if (connection !== current[0]) this.#finish(connection, { ...end, traffic: null });
      else this.#finish(connection, { ...end, destinations: current.length });
    }
    return true;
  }

  /** The job is over: what is still open is told as such. */
  endAll(time: bigint): void {
    const all = [...this.#open.values()].flat();
    this.#open.clear();
    for (const connection of all) this.#finish(connection, unknownEnd(time, true));
  }

  #finish(connection: OpenConnection, end: ConnectionEnd): void {
    const { event, scope, node, hasSpan, origin, opening } = connection;
    for (const stage of stagesOf(event, end)) this.#progressed(connection, stage, end.time);
    const name = nameConnection(origin, opening);
    scope.bytesSent += end.traffic?.sent ?? 0;
    scope.bytesReceived += end.traffic?.received ?? 0;
    if (end.errorType !== null) scope.failedConnections += 1;
    if (hasSpan) {
      this.#give(connection, { end, name });
      return;
    }
    const folds = node !== null && node.state === 'committed' ? node.connectionFolds : scope.connectionFolds;
    const { sent = 0, received = 0 } = end.traffic ?? {};
    const failed = end.errorType === null ? 0 : 1;
    const kind = connectionKind(event);
    folds.add(connectionName(event, name.host), event.time, end.time, { kind, sent, received, failed });
  }

  #progressed(connection: OpenConnection, stage: ContactStage, time: bigint): void {
    const { event, scope, node, origin } = connection;
    if (event.kind !== 'connect' || (stage === 'answered' && connection.isAnswered)) return;
    connection.isAnswered ||= stage === 'answered';
    this.#onContact({ event, scope, node, origin }, stage, time);
  }

  #give({ event, scope, node, nth }: OpenConnection, told: { end: ConnectionEnd; name: ConnectionName }): void {
    const key = `${event.time}-${nth}`;
    this.#processes.giveUnder({ scope, node }, ({ offset, place }) =>
      connectionSpan(place('connection', node?.image.id ?? event.image, key), { event, offset, ...told }),
    );
  }
}

/** TCP sends nothing before the other side has taken the connection. */
function stagesOf(
  { kind, transport }: { kind: string; transport?: ConnectEvent['transport'] },
  end: ConnectionEnd,
): ContactStage[] {
  if (kind !== 'connect') return [];
  const { sent = 0, received = 0 } = end.traffic ?? {};
  if (transport === 'tcp') return end.outcome === 'established' || sent + received > 0 ? ['answered'] : [];
  return [...(sent > 0 ? (['sent'] as const) : []), ...(received > 0 ? (['answered'] as const) : [])];
}
