import { existsSync } from 'node:fs';
import { release } from 'node:os';
import type { FileWatch } from '../../crds/agent-policy.ts';
import { ChaperoneError, describeError } from '../../crds/errors.ts';
import type { AgentSink } from '../agents/agent-spans.ts';
import { countEach } from '../decode/kernel-events.ts';
import type { HelloEvent, ProbeEvent } from '../decode/probe-events.ts';
import { type Clock, unixNanos } from '../export/clock.ts';
import { commandInCgroup, type LocalProbe, spawnProbe } from '../probe-link/spawn-probe.ts';
import type { CommandLine } from './child.ts';
import { createLocalCgroup, type LocalCgroup } from './local-cgroup.ts';
import { probePath } from './probe-path.ts';

/** The sensor of one command on this machine. */
export interface LocalSensor {
  /** Its first word; where nothing can be seen, `armed` is false and `reason` says why. */
  readonly hello: HelloEvent;
  /** Gives all events from the hello on, those of the past at once. */
  listen(onEvent: (event: ProbeEvent) => void): void;
  /** Tells the probe of a coding agent. */
  readonly markAgent: AgentSink;
  /** The command line that runs the command where the sensor sees it; the same as given where it does not. */
  wrap(command: CommandLine): CommandLine;
  /** Resolves once everything that was told before the call has been given. */
  flush(): Promise<unknown>;
  /** Gives the last events and ends. The answer is how many processes the command left behind. */
  stop(): Promise<number>;
}

/** The probe loads and proves itself in under a second; a machine that takes longer is in trouble. */
const helloMs = 15_000;
const lastEventsMs = 5_000;

/** Starts the probe on a cgroup made for the command. Never throws: a sensor that sees nothing lets the command run all the same. */
export async function startLocalSensor(clock: Clock, fileWatch: FileWatch): Promise<LocalSensor> {
  let cgroup: LocalCgroup | null = null;
  try {
    if (!existsSync(probePath)) throw new ChaperoneError('probe-start', 'The probe is not built; run npm run build');
    cgroup = createLocalCgroup(process.pid);
    return await startProbe(cgroup, clock, [`--files=${fileWatch}`]);
  } catch (error) {
    await cgroup?.remove();
    return blindSensor(describeError(error), fileWatch, clock);
  }
}

async function startProbe(cgroup: LocalCgroup, clock: Clock, args: readonly string[]): Promise<LocalSensor> {
  const where = { probe: probePath, cgroup: cgroup.path, args };
  const events = new EventTap();
  const probe = spawnProbe(where, { onEvent: (event) => events.give(event), onEnd: () => events.silence() });
  const hello = await within(clock, helloMs, probe.hello).catch(async (error: unknown) => {
    await end(probe, clock);
    throw error;
  });
  if (!hello.armed) {
    await end(probe, clock);
    throw new ChaperoneError('sensor-not-armed', hello.reason ?? 'the probe did not say why it is not armed');
  }
  return {
    hello,
    listen: (onEvent) => events.listen(onEvent),
    markAgent: (process) => probe.markAgent(process),
    wrap: (command) => commandInCgroup(where, command),
    flush: () => probe.flush(),
    async stop() {
      // Without the last events' word nobody knows what is missing; a probe that is gone was told of already.
      await within(clock, lastEventsMs, probe.flush()).catch(() => events.silence());
      events.expectEnd();
      await end(probe, clock);
      return await cgroup.remove();
    },
  };
}

/** Holds events until somebody listens. */
class EventTap {
  #held: ProbeEvent[] = [];
  #onEvent: ((event: ProbeEvent) => void) | null = null;
  #endIsDue = false;

  give(event: ProbeEvent): void {
    if (this.#onEvent === null) this.#held.push(event);
    else this.#onEvent(event);
  }

  listen(onEvent: (event: ProbeEvent) => void): void {
    this.#onEvent = onEvent;
    for (const event of this.#held.splice(0)) onEvent(event);
  }

  expectEnd(): void {
    this.#endIsDue = true;
  }

  /** The probe is gone while the command goes on, or does not answer: nobody knows what was not told. */
  silence(): void {
    if (this.#endIsDue) return;
    this.#endIsDue = true;
    this.give({ kind: 'unanswered' });
  }
}

/** Closes the link, after which the probe ends by itself; one that does not is ended. */
async function end(probe: LocalProbe, clock: Clock): Promise<void> {
  probe.close();
  const cancel = clock.after(lastEventsMs, () => {
    if (probe.pid !== undefined) process.kill(probe.pid, 'SIGKILL');
  });
  await probe.exited;
  cancel();
}

function within<Value>(clock: Clock, ms: number, work: Promise<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(ms, () => reject(new ChaperoneError('sensor-slow', 'the probe did not answer in time')));
    work.then(resolve, reject).finally(cancel);
  });
}

/** Stands in for a probe that cannot be started or armed. */
function blindSensor(reason: string, fileWatch: FileWatch, clock: Clock): LocalSensor {
  const hello: HelloEvent = {
    kind: 'hello',
    version: '',
    armed: false,
    reason,
    tier: 'blind',
    kernel: release(),
    mode: 'attach',
    cgroupId: '0',
    fileWatch,
    watchesFiles: false,
    realtimeOffsetNs: 0n,
    time: unixNanos(clock),
    started: '0',
    restarts: 0,
    position: 0,
    forwardedBefore: countEach(() => 0),
  };
  const unseen = { markAgent: () => {}, wrap: (command: CommandLine) => command, flush: async () => {} };
  return { hello, listen: (onEvent) => onEvent(hello), ...unseen, stop: async () => 0 };
}
