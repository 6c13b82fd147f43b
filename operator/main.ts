import { ChaperoneError, describeError } from '../crds/errors.ts';
import type { ProcessContext } from './commands/environment.ts';
import { runGateway } from './commands/run-gateway.ts';
import { runOperator } from './commands/run-operator.ts';
import { runUninstall } from './commands/uninstall.ts';
import { loadGatewayConfig, loadOperatorConfig, loadUninstallConfig } from './config.ts';
import { systemClock } from './runtime/clock.ts';
import { createLog } from './telemetry/log.ts';

const usage = `Usage: operator.mjs operator | gateway | uninstall

  operator   the webhook, and on the leader the controllers
  gateway    takes spans from sensors and passes them on
  uninstall  takes away what the operator made; helm's pre-delete hook

The configuration is read from the environment.
`;

/** Exit status: 0 ended as asked, 2 wrong use or configuration, 3 our own failure. */
async function main(command: string | undefined): Promise<number> {
  if (command === '--help' || command === 'help') {
    process.stdout.write(usage);
    return 0;
  }
  const run = command === undefined ? undefined : commands[command];
  if (run === undefined) {
    process.stderr.write(usage);
    return 2;
  }
  const { clock, random, signal } = { clock: systemClock, random: Math.random, signal: untilAsked() };
  const bareLog = createLog('info', String(command));
  try {
    await run((level) => ({ clock, random, signal, log: createLog(level, String(command)) }));
    return 0;
  } catch (error) {
    bareLog.fatal({ err: error }, describeError(error));
    return error instanceof ChaperoneError && error.code === 'config-invalid' ? 2 : 3;
  }
}

/** Gives the context of the process once the configuration has said how much is to be logged. */
type OpenContext = (logLevel: string) => ProcessContext;

const commands: Readonly<Record<string, (open: OpenContext) => Promise<void>>> = {
  operator: async (open) => {
    const config = loadOperatorConfig();
    await runOperator(config, open(config.logLevel));
  },
  gateway: async (open) => {
    const config = loadGatewayConfig();
    await runGateway(config, open(config.logLevel));
  },
  uninstall: async (open) => {
    const config = loadUninstallConfig();
    await runUninstall(config, open(config.logLevel));
  },
};

/** Aborts on the first request to end. */
function untilAsked(): AbortSignal {
  const asked = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, () => asked.abort());
  return asked.signal;
}

// A timer or socket that somebody left open must not keep an ended process alive.
process.exit(await main(process.argv[2]));
