import { ChaperoneError, describeError } from '../crds/errors.ts';
import type { AgentSink } from './agents/agent-spans.ts';
import { readConfig } from './config.ts';
import { systemClock } from './export/clock.ts';
import { connectProbe, type ProbeLink } from './probe-link/probe-link.ts';
import { openProbeSocket } from './probe-link/probe-socket.ts';
import { type Log, Sidecar } from './sidecar.ts';
import { openSpill } from './spill/spill.ts';

/** The sensor's Node half in a runner's pod, started by the probe. Ends with 0 whatever becomes of its spans; the probe restarts it after a fault of its own. */
function main(): void {
  const config = readConfig();
  let link: ProbeLink | null = null;
  const flushProbe = async () => await link?.flush();
  const markAgent: AgentSink = (process) => link?.markAgent(process);
  const spill = openSpill(config.spill, (message) => log('warn', message));
  const onTick = (time: bigint) => {
    spill.frames.tick(time);
    letProbeGoOn();
  };
  const sidecar = new Sidecar({ config, clock: systemClock, log, flushProbe, markAgent, spill, onTick });
  sidecar.replay(spill.frames.replay());
  const stop = () => {
    sidecar.stop().then(() => process.exit(0), fail);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  // The probe wants another process in this one's place, which must go on where this one is: so nothing is brought to an end here.
  process.on('SIGHUP', () => (spill.frames.isWhole ? process.exit(0) : stop()));
  link = connectProbe(openProbeSocket(config.probeFd), {
    keeper: spill.frames,
    onEvent: (event) => sidecar.receive(event),
    onEnd: (error) => {
      if (error !== undefined) log('warn', describeError(error));
      stop();
    },
  });
  // Its first word tells the probe that SIGTERM now finds a handler here.
  link.flush().catch(() => {});
}

/** Where the containers of a pod share their processes (`shareProcessNamespace`), a job can stop the probe; to one that runs this says nothing. */
function letProbeGoOn(): void {
  try {
    process.kill(process.ppid, 'SIGCONT');
  } catch {
    // It has ended, or is another user's: then so shall it be.
  }
}

/** One JSON line each, as the operator's logs are. */
const log: Log = (level, message) => {
  process.stdout.write(`${JSON.stringify({ level, time: systemClock.wall().toISOString(), msg: message })}\n`);
};

function fail(error: unknown): never {
  const code = error instanceof ChaperoneError ? error.code : 'sensor-fault';
  log('warn', `${code}: ${describeError(error)}`);
  process.exit(1);
}

try {
  main();
} catch (error) {
  fail(error);
}
