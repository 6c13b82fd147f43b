import type { Socket } from 'node:net';
import type { SpeakerEvent } from '../../decode/socket-events.ts';
import type { Clock } from '../../export/clock.ts';
import { Allowance, type Rate } from './allowance.ts';
import type { Speakers } from './speakers.ts';
import type { Dialect } from './word.ts';

/** Whose a connection is, and what may come by it. */
export interface OtherEnd {
  readonly event: SpeakerEvent;
  /** `null`: it is no coding agent. */
  readonly dialect: Dialect | null;
  readonly allowance: Allowance;
}

export interface OtherEndsOptions {
  readonly clock: Clock;
  readonly speakers: Speakers;
  /** Resolves once everything that the kernel had told before the call has arrived. */
  readonly flush: () => Promise<unknown>;
  /** How this process speaks if it is a coding agent; `null`: it is none. */
  readonly dialectOf: (speaker: SpeakerEvent) => Dialect | null;
}

/** Of each agent. Codex's largest batch, 512 spans, was 1.25 MB; opencode sends 100 KB a second while it works. */
const agentRate: Rate = { burst: 8 << 20, perSecond: 512 << 10 };
/** Of all other processes together. */
const othersRate: Rate = { burst: 256 << 10, perSecond: 16 << 10 };
/** Agents with an allowance of their own. */
const maxAgents = 64;
/** Connections at once of one agent, and of all who are none or nobody that is known: together they never have all that there may be. */
const maxOfAgent = 16;
const maxOthers = 32;

/** Who is at the other end of each connection to the receiver. */
export class OtherEnds {
  readonly #options: OtherEndsOptions;
  readonly #known = new WeakMap<Socket, Promise<OtherEnd | null>>();
  readonly #agents = new Map<string, Allowance>();
  readonly #others: Allowance;
  /** By the agent's image; of all others under the empty one. */
  readonly #connections = new Map<string, number>();
  #flushing: Promise<unknown> = Promise.resolve();
  #nextFlush: Promise<unknown> | null = null;

  constructor(options: OtherEndsOptions) {
    this.#options = options;
    this.#others = new Allowance(othersRate, options.clock.now());
  }

  /** As soon as the connection is there: later its address may be another's. */
  accepted(socket: Socket): void {
    const { remoteAddress = '', remotePort = 0 } = socket;
    const end = this.#settled().then(() => this.#identify(socket, remoteAddress, remotePort));
    this.#known.set(socket, end);
  }

  /** `null`: nobody can say. */
  async of(socket: Socket): Promise<OtherEnd | null> {
    return (await this.#known.get(socket)) ?? null;
  }

  /** Whose a connection was that found no place. */
  async dropped(address: string, port: number): Promise<SpeakerEvent | null> {
    await this.#settled();
    return this.#options.speakers.take(address, port);
  }

  /** Everything that the kernel told before now has arrived; those who wait share one flush. */
  #settled(): Promise<unknown> {
    this.#nextFlush ??= this.#flushing.then(() => {
      this.#nextFlush = null;
      this.#flushing = this.#options.flush().catch(() => {});
      return this.#flushing;
    });
    return this.#nextFlush;
  }

  #identify(socket: Socket, address: string, port: number): OtherEnd | null {
    const event = this.#options.speakers.take(address, port);
    const dialect = event && this.#options.dialectOf(event);
    const allowance = event === null || dialect === null ? this.#others : this.#allowanceOf(event.image);
    if (allowance === this.#others) this.#count(socket, '', maxOthers);
    else if (!this.#count(socket, event?.image ?? '', maxOfAgent)) allowance.isOverdrawn = true;
    return event && { event, dialect, allowance };
  }

  /** False if there are too many, and this one is ended. */
  #count(socket: Socket, whose: string, most: number): boolean {
    const count = (this.#connections.get(whose) ?? 0) + 1;
    if (count > most || socket.destroyed) {
      socket.destroy();
      return count <= most;
    }
    this.#connections.set(whose, count);
    socket.once('close', () => {
      const left = (this.#connections.get(whose) ?? 0) - 1;
      if (left > 0) this.#connections.set(whose, left);
      else this.#connections.delete(whose);
    });
    return true;
  }

  /** Of an agent beyond so many it is everybody else's. */
  #allowanceOf(image: string): Allowance {
    const known = this.#agents.get(image);
    if (known !== undefined || this.#agents.size >= maxAgents) return known ?? this.#others;
    const allowance = new Allowance(agentRate, this.#options.clock.now());
    this.#agents.set(image, allowance);
    return allowance;
  }
}
