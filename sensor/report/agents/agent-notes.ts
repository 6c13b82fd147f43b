import { agentLeftRunning, fileChangesCount } from '../../../crds/attributes.ts';
import { isAtLeast, severities } from '../../../crds/finding.ts';
import { severityOf } from '../../findings/read-finding.ts';
import type { Attributes, FinishedSpan } from '../../spans/finished-span.ts';
import { commandLine } from '../command-line.ts';
import { shortList } from '../notes.ts';
import type { Note } from '../paint.ts';
import type { Story } from '../story.ts';
import { saidCount } from '../tally.ts';
import { visible } from '../text.ts';
import { counted } from '../units.ts';
import { type AgentStory, agentStories, type Deeds } from './agent-stories.ts';
import { callWords, countCalls } from './call-count.ts';

/** What stands beside the runs of agents and their commands in a job, by span. */
export type AgentNotes = ReadonlyMap<FinishedSpan, readonly Note[]>;

export function agentNotes(story: Story): AgentNotes {
  return new Map(
    agentStories(story).flatMap((agent) => [
      [agent.session, sessionNotes(agent)],
      ...[...agent.calls, ...agent.servers].map(({ span, deeds }): [FinishedSpan, Note[]] => [
        span,
        deedNotes(deeds, span.attributes),
      ]),
    ]),
  );
}

/** `12 tool calls (3 told by the agent alone)  3 files changed  → api.example.com  reads /root/.npmrc  leaves running: sleep 400  1 finding (High)` */
function sessionNotes(agent: AgentStory): Note[] {
  const { session, deeds } = agent;
  return [
    { tone: 'plain', text: callWords(countCalls(agent)) },
    ...deedNotes(deeds, session.attributes),
    ...leftRunningNotes(agent),
    ...findingNotes(deeds),
  ];
}

function deedNotes({ secrets, hosts }: Deeds, attributes: Attributes): Note[] {
  const changes = saidCount({ attributes }, fileChangesCount);
  return [
    ...(changes === 0 ? [] : [{ tone: 'quiet', text: counted(changes, 'file change') } as const]),
    ...(hosts.length === 0 ? [] : [{ tone: 'link', text: `→ ${shortList(hosts.map(visible))}` } as const]),
    ...(secrets.length === 0 ? [] : [{ tone: 'warning', text: `reads ${shortList(secrets.map(visible))}` } as const]),
  ];
}

function leftRunningNotes({ session, leftRunning }: AgentStory): Note[] {
  const total = Math.max(saidCount(session, agentLeftRunning), leftRunning.length);
  if (total === 0) return [];
  const named = leftRunning.map((span) => visible(commandLine(span)));
  const text = named.length === total ? shortList(named) : counted(total, 'process', 'processes');
  return [{ tone: 'warning', text: `leaves running: ${text}` }];
}

function findingNotes({ findings }: Deeds): Note[] {
  const worst = severities.findLast((severity) => findings.some((finding) => severityOf(finding) === severity));
  if (worst === undefined) return [];
  const tone = isAtLeast(worst, 'High') ? 'bad' : 'warning';
  return [{ tone, text: `▲ ${counted(findings.length, 'finding')} (${worst})` }];
}
