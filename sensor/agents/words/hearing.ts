import { describeError } from '../../../crds/errors.ts';
import { receiver as ports } from '../../decode/layout.gen.ts';
import type { ProbeEvent } from '../../decode/probe-events.ts';
import type { Clock } from '../../export/clock.ts';
import type { Pipeline } from '../../pipeline.ts';
import { dialects } from './dialects.ts';
import { openReceiver, type Receiver, type ReceiverAccount } from './receiver.ts';
import { Speakers } from './speakers.ts';

export interface HearingOptions {
  readonly clock: Clock;
  readonly pipeline: Pick<Pipeline, 'agentOf' | 'hear'>;
  /** Asks the probe for everything that it was told; the events come before the promise is kept. */
  readonly flush: () => Promise<unknown>;
  /** How many ports may be tried; default: all that the kernel programs know. */
  readonly ports?: number;
  /** Told once, in one sentence, if agents cannot be heard. */
  readonly onFailure: (message: string) => void;
}

/** The receiver of agents' words, beside a pipeline that takes them. */
export interface Hearing {
  /** Of 127.0.0.1, where it listens; until it does, where it tries to first. `null`: it cannot. */
  readonly port: number | null;
  /** Resolves once it listens; `null`: it cannot. */
  readonly url: Promise<string | null>;
  /** Each event of the probe, after the pipeline has taken it. */
  told(event: ProbeEvent): void;
  /** Takes no more, and gives what came; the answer is what became of it. Before the probe ends. */
  close(): Promise<Readonly<ReceiverAccount> | null>;
}

/** Never throws: that agents are not heard is no reason for anything to fail. */
export function hearAgents({ clock, pipeline, flush, ports: mostPorts, onFailure }: HearingOptions): Hearing {
  const speakers = new Speakers();
  let port: number | null = ports.port;
  const opened = openReceiver(
    {
      clock,
      speakers,
      flush,
      dialectOf: (speaker) => dialects.get(pipeline.agentOf(speaker)?.name ?? '') ?? null,
      onSaid: (said) => pipeline.hear(said),
    },
    mostPorts,
  )
    .catch((error: unknown): Receiver | null => {
      onFailure(`what coding agents tell of themselves is not heard: ${describeError(error)}`);
      return null;
    })
    .then((receiver) => {
      port = receiver?.port ?? null;
      return receiver;
    });
  return {
    get port() {
      return port;
    },
    url: opened.then((receiver) => receiver && `http://127.0.0.1:${receiver.port}`),
    told: (event) => {
      if (event.kind === 'speaker') speakers.began(event);
    },
    async close() {
      const receiver = await opened;
      await receiver?.close();
      return receiver?.account ?? null;
    },
  };
}
