import { describeError } from '../../crds/errors.ts';
import type { Severity } from '../../crds/finding.ts';
import type { Alerted } from './alerts.ts';
import { type MountedSecret, readMountedSecret } from './sinks/mounted-secret.ts';
import { createSink, type SinkOptions } from './sinks/sink.ts';

/** A sink of the whole cluster; its Secret is mounted. */
export interface ClusterSink extends MountedSecret {
  name: string;
}

export interface ClusterSinkOptions extends Pick<SinkOptions, 'clock' | 'random' | 'log' | 'metrics' | 'post'> {
  minSeverity: Severity;
}

/** A sink that can be looked at before its first alert. */
export interface CheckedSink extends Alerted {
  /** Reads its Secret and tells in the log what is wrong with it; never rejects. */
  check(): Promise<void>;
}

/** A sink that is away costs no more than some megabytes. */
const MAX_WAITING = 500;

export function createClusterSink(
  { name, ...mounted }: ClusterSink,
  { minSeverity, ...options }: ClusterSinkOptions,
): CheckedSink {
  const { log } = options;
  const full = `cluster/${name}`;
  const readTarget = tellingOnce(() => readMountedSecret(mounted), {
    isBroken: (why) => log.error(`no alert reaches the sink ${full}: ${why}`),
    isMended: () => log.info(`the Secret of the sink ${full} can be used`),
  });
  const sink = createSink({
    ...options,
    name: full,
    capacity: MAX_WAITING,
    room: { waiting: 0, most: MAX_WAITING },
    readTarget,
    // An alert that is lost is in the log already.
    onTrouble: () => {},
  });
  return { sink, minSeverity, check: async () => void (await readTarget().catch(() => undefined)) };
}

/** A sink reads its Secret for each try of each alert: what is wrong is told when it is new. */
function tellingOnce<T>(
  read: () => Promise<T>,
  { isBroken, isMended }: { isBroken: (why: string) => void; isMended: () => void },
): () => Promise<T> {
  let told: string | undefined;
  return async () => {
    try {
      const value = await read();
      if (told !== undefined) isMended();
      told = undefined;
      return value;
    } catch (error) {
      const why = describeError(error);
      if (why !== told) isBroken(why);
      told = why;
      throw error;
    }
  };
}
