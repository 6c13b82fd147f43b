import { filesUnwatchedReason } from '../../crds/attributes.ts';
import { filesWatchedOff } from '../files/watch-attributes.ts';
import type { FinishedSpan } from '../spans/finished-span.ts';
import type { Coverage } from './coverage.ts';
import { type FileChanges, watchesFiles } from './file-changes.ts';
import { findingWords } from './findings.ts';
import type { Note } from './paint.ts';
import type { Summary } from './summary.ts';
import { visible } from './text.ts';
import { counted } from './units.ts';

/** How the run ended: `✔ success`; of a command that was never executed, why. */
export function resultWord({ result, reason }: Pick<Summary, 'result' | 'reason'>): Note {
  if (reason !== undefined) return { tone: 'bad', text: `✖ ${visible(reason)}` };
  if (result === 'success') return { tone: 'good', text: '✔ success' };
  if (result === 'unknown') return { tone: 'warning', text: 'result unknown' };
  return { tone: 'bad', text: `✖ ${visible(result)}` };
}

/** What there was of everything: `3 steps`, `212 processes`, `9 hosts`. Of what nobody observed no count is known. */
export function countWords({ totals, reason, coverage, fileChanges, agents, findings }: Summary): Note[] {
  if (reason !== undefined) return [plain('nothing ran')];
  if (!coverage.armed) return [];
  const words = [
    ...(totals.jobs > 1 ? [counted(totals.jobs, 'job')] : []),
    counted(totals.steps, 'step'),
    counted(totals.processes, 'process', 'processes'),
    hostWords(totals),
    ...(fileChanges === undefined ? [] : [fileWords(fileChanges)]),
    ...agentWords(agents),
  ];
  return [...words.map(plain), ...findingWords(findings)];
}

function plain(text: string): Note {
  return { tone: 'plain', text };
}

function hostWords({ hosts, connections }: Summary['totals']): string {
  if (connections === 0) return 'no connections';
  return hosts === 0 ? 'no hosts' : counted(hosts, 'host');
}

/** `2 agents (31 tool calls)`, of which the agents alone tell of some */
function agentWords(agents: Summary['agents']): string[] {
  const calls = agents.reduce((sum, { toolCalls, toolCallsClaimed = 0 }) => sum + toolCalls + toolCallsClaimed, 0);
  return agents.length === 0 ? [] : [`${counted(agents.length, 'agent')} (${counted(calls, 'tool call')})`];
}

function fileWords({ total }: FileChanges): string {
  return total === 0 ? 'no file changed' : counted(total, 'file change');
}

/** `nothing lost`, or exactly what was. */
export function coverageWords(coverage: Coverage): Note[] {
  const undelivered = some(
    coverage.delivery?.undelivered ?? 0,
    (count) => `${counted(count, 'span')} not delivered: ${visible(coverage.delivery?.lastFailure ?? '')}`,
  );
  if (!coverage.armed) return [{ tone: 'warning', text: unobserved(coverage) }, ...undelivered];
  if (coverage.complete) return [{ tone: 'good', text: 'nothing lost' }];
  const words = [
    ...some(
      Math.max(coverage.lost.total + coverage.unaccounted, coverage.gaps),
      (count) => `${counted(count, 'event')} lost`,
    ),
    ...some(coverage.unplaced, (count) => `${counted(count, 'process', 'processes')} without a step`),
    ...some(coverage.unfollowed, (count) => `${counted(count, 'connection')} not followed to the end`),
    ...some(coverage.left, (count) => `${counted(count, 'process', 'processes')} left the observed cgroup`),
    ...some(coverage.detached, (count) => `${counted(count, 'program')} of the sensor detached by somebody`),
    ...some(coverage.undecoded, (count) => `${counted(count, 'frame')} of the probe not understood`),
    ...some(coverage.interruptions, (count) => `the sensor was interrupted ${count}×`),
    ...some(coverage.missingSpans, (count) => `${counted(count, 'span')} missing`),
    ...undelivered,
  ];
  return words.length > 0 ? words : [{ tone: 'warning', text: 'coverage not recorded' }];
}

/** What is not told where nobody watched files and nobody had decided so, and how to ask for it: who reads of no credential may else believe that none was read. */
export function unwatchedWords(jobs: readonly FinishedSpan[]): Note[] {
  const reasons = jobs.map(({ attributes }) => attributes[filesUnwatchedReason]);
  const reason = reasons.find((each) => typeof each === 'string' && each !== filesWatchedOff);
  if (reason === undefined || watchesFiles(jobs)) return [];
  return [{ tone: 'warning', text: `files not watched, nor reads of credentials: ${visible(String(reason))}` }];
}

/** Without the reason where that was said before. */
function unobserved({ reason }: Coverage): string {
  return reason === undefined ? 'not observed' : `not observed: ${visible(reason)}`;
}

function some(count: number, say: (count: number) => string): Note[] {
  return count > 0 ? [{ tone: 'bad', text: say(count) }] : [];
}
