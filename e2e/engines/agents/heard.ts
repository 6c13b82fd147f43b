import { join } from 'node:path';
import type { Agent } from './agent.ts';
import type { Stage } from './stage.ts';

const root = join(import.meta.dirname, '../../..');
/** Each session has a network of its own, so the first port is free. */
const receiver = 'http://127.0.0.1:14320';

/** The agent with the settings by which it tells of itself, where `--agent-telemetry` has no variable for it (docs/agents.md). */
export function heard(agent: Agent): Agent {
  const { environment, settings, traced } = agent;
  if (traced === 'codex') {
    const exporter = `exporter = { otlp-http = { endpoint = "${receiver}/v1/logs", protocol = "json" } }`;
    return {
      ...agent,
      settings: (context) => changed(settings(context), 'config.toml', (text) => `${text}\n[otel]\n${exporter}\n`),
    };
  }
  if (traced !== 'opencode') return agent;
  const telling = (text: string) => JSON.stringify({ ...JSON.parse(text), experimental: { openTelemetry: true } });
  return {
    ...agent,
    environment: (context) => ({ ...environment(context), OTEL_EXPORTER_OTLP_ENDPOINT: receiver }),
    settings: (context) => changed(settings(context), 'opencode.json', telling),
  };
}

/** The sensor within the session's network, where the receiver is. */
export function hearing(stage: Stage, out: string): Stage {
  const [enter, network, end, ...agent] = stage.command;
  const sensor = [join(root, 'bin/chaperone'), 'run', '--agent-telemetry', '--quiet', '--out', out, '--'];
  return { ...stage, command: [enter, network, end, ...sensor, ...agent].map((word) => word ?? '') };
}

function changed(
  files: Record<string, string>,
  name: string,
  change: (text: string) => string,
): Record<string, string> {
  const entries = Object.entries(files).map(
    ([path, text]) => [path, path.endsWith(name) ? change(text) : text] as const,
  );
  return Object.fromEntries(entries);
}
