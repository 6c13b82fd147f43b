import { describeError } from '../../../crds/errors.ts';
import type { ProbeEvent } from '../../decode/events.ts';
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
  /** `null` where nothing listens. */
  readonly url: string | null;
  readonly account: Readonly<ReceiverAccount> | null;
  /** Each event of the probe, after the pipeline has taken it. */
  told(event: ProbeEvent): void;
  /** Takes no more, and gives what came. Before the probe ends. */
  close(): Promise<void>;
}

/** Never rejects: that agents are not heard is no reason for anything to fail. */
export async function hearAgents({ clock, pipeline, flush, ports, onFailure }: HearingOptions): Promise<Hearing> {
  const speakers = new Speakers();
  const receiver = await openReceiver(
    {
      clock,
      speakers,
      flush,
      dialectOf: (speaker) => dialects.get(pipeline.agentOf(speaker)?.name ?? '') ?? null,
      onSaid: (said) => pipeline.hear(said),
    },
    ports,
  ).catch((error: unknown): Receiver | null => {
    onFailure(`what coding agents tell of themselves is not heard: ${describeError(error)}`);
    return null;
  });
  return {
    url: receiver === null ? null : `http://127.0.0.1:${receiver.port}`,
    account: receiver?.account ?? null,
    told: (event) => {
      if (event.kind === 'speaker') speakers.began(event);
    },
    close: async () => await receiver?.close(),
  };
}
