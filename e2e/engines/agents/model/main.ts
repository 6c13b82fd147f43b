/**
 * A model on loopback that plays a script: `node main.ts OPTIONS`, which prints `ready` when it listens.
 *   --session FILE     the session, as JSON (script.ts)
 *   --agent NAME       whose names and shapes the tool calls have
 *   --workspace DIR    where the agent works, for absolute paths
 *   --record FILE      what was asked and answered, appended as JSON lines (record.ts)
 *   --requests DIR     also keep every request's body there
 *   --host ADDRESS --port PORT   default 127.0.0.1 and 8080
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { agents } from '../agents.ts';
import { planSession, type Session } from '../script.ts';
import { appendTo } from './record.ts';
import { modelServer } from './server.ts';

const { values } = parseArgs({
  options: {
    session: { type: 'string' },
    agent: { type: 'string' },
    workspace: { type: 'string' },
    record: { type: 'string' },
    requests: { type: 'string' },
    host: { type: 'string', default: '127.0.0.1' },
    port: { type: 'string', default: '8080' },
  },
});
const agent = agents.find(({ name }) => name === values.agent);
if (agent === undefined) throw new Error(`there is no agent '${values.agent}'`);
const session = JSON.parse(readFileSync(needed(values.session), 'utf8')) as Session;
const plan = planSession(session, agent, needed(values.workspace));
// Fractions of a millisecond, which Date.now does not tell.
const now = () => performance.timeOrigin + performance.now();
const server = modelServer(plan, appendTo(needed(values.record), now), values.requests);
server.listen(Number(values.port), values.host, () => console.log('ready'));

function needed(value: string | undefined): string {
  if (value === undefined) throw new Error('an option is missing; they are listed at the top of model/main.ts');
  return value;
}
