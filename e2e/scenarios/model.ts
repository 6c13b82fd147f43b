import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Agent } from '../engines/agents/agent.ts';
import { type Entry, readRecord } from '../engines/agents/model/record.ts';
import { type Plan, planSession, type Session } from '../engines/agents/script.ts';
import { enter, giveName } from './internet.ts';
import { workspace } from './sums-job.ts';

/** A model on the internet of the tests, which plays one scripted session. */
export interface Model {
  /** Base address for the agent, by a name: `http://model.example.com:8080`. */
  url: string;
  /** What the agent is started with to ask this model: its environment, and its files below HOME. */
  variables: Record<string, string>;
  settings: Record<string, string>;
  /** What it will ask the agent to do, in the agent's own terms. */
  plan: Plan;
  /** What was asked and answered until now. */
  record(): Entry[];
  stop(): Promise<void>;
}

const main = join(import.meta.dirname, '../engines/agents/model/main.ts');
/** Ends the server when its standard input ends, so that none outlives its test. */
const endWithInput = 'data:text/javascript,process.stdin.resume().on("end",()=>process.exit(0))';

/** `at`: an address of the internet; the model listens on its port 8080. */
export async function startModel(
  scratch: string,
  agent: Agent,
  session: Session,
  { name, at }: { name: string; at: string },
): Promise<Model> {
  const folder = join(scratch, `model-${session.name}-${at}`);
  mkdirSync(folder);
  const [script, record] = [join(folder, 'session.json'), join(folder, 'record.jsonl')];
  writeFileSync(script, JSON.stringify(session));
  giveName(name, at);
  const options = { session: script, agent: agent.name, workspace, record, host: at, port: '8080' };
  const words = Object.entries(options).flatMap(([option, value]) => [`--${option}`, value]);
  const server = spawn('nsenter', [...enter, process.execPath, '--import', endWithInput, main, ...words], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const first = await Promise.race([once(createInterface({ input: server.stdout }), 'line'), once(server, 'exit')]);
  if (first[0] !== 'ready') throw new Error(`the model of session ${session.name} did not start on ${at}`);
  const url = `http://${name}:8080`;
  const context = {
    packages: '/opt/agents/node_modules',
    home: '/home/runner',
    workspace,
    url,
    session,
    mcpServer: [],
  };
  return {
    url,
    variables: agent.environment(context),
    settings: agent.settings(context),
    plan: planSession(session, agent, workspace),
    record: () => readRecord(record),
    async stop() {
      server.stdin.end();
      if (server.exitCode === null && server.signalCode === null) await once(server, 'exit');
    },
  };
}
