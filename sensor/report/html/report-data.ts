import type { RecordedResource } from '../../export/trace-reader.ts';
import type { FinishedSpan } from '../../spans/finished-span.ts';
import { countWords, coverageWords, resultWord } from '../closing.ts';
import { watchesFiles } from '../file-changes.ts';
import { rowsOf } from '../rows.ts';
import { type Story, tell } from '../story.ts';
import type { Summary } from '../summary.ts';
import { visible } from '../text.ts';
import { accountTable } from './account.ts';
import { agentRows } from './agents.ts';
import { activityRows, directoryRows, fileTotals, findingRows, secretRows } from './events.ts';
import type { OverviewLine, ReportData } from './model/report-data.ts';
import { acceptedRows, hostRows, lookupRows, resolverRows } from './network.ts';
import { factsOf, NodeList } from './nodes.ts';

/** What report.html shows of one trace; every text in it is safe to show. */
export function reportData({ attributes, spans }: RecordedResource, summary: Summary): ReportData {
  const stories = tell(spans);
  const jobs = stories.map(({ job }) => job);
  const { start, end } = extentOf(jobs);
  const list = new NodeList(start);
  for (const story of stories) list.addJob(story, labelOf(story, summary));
  return {
    title: visible(stories.map((story) => labelOf(story, summary)).join(', ')),
    traceId: summary.traceId,
    start: summary.jobs[0]?.start ?? '',
    duration: list.millis(end),
    result: resultWord(summary),
    counts: countWords(summary),
    coverage: coverageWords(summary.coverage),
    resource: factsOf(attributes),
    nodes: list.nodes,
    overview: stories.flatMap((story) => overviewOf(story, summary.pipeline, list)),
    agents: agentRows(stories, list),
    hostCount: summary.totals.hosts,
    hosts: hostRows(list),
    resolvers: resolverRows(list),
    accepted: acceptedRows(list),
    lookups: lookupRows(list),
    directories: directoryRows(list),
    secrets: secretRows(list),
    fileTotals: fileTotals(jobs),
    areFilesWatched: watchesFiles(jobs),
    findings: findingRows(list),
    activities: activityRows(list),
    account: accountTable(jobs, attributes, summary.coverage),
  };
}

function labelOf({ job }: Story, { pipeline }: Summary): string {
  return pipeline === undefined ? job.name : `${pipeline} / ${job.name}`;
}

function extentOf(jobs: readonly FinishedSpan[]): { start: bigint; end: bigint } {
  const [first] = jobs;
  let [start, end] = [first?.start ?? 0n, first?.end ?? 0n];
  for (const job of jobs) {
    if (job.start < start) start = job.start;
    if (job.end > end) end = job.end;
  }
  return { start, end };
}

/** The lines that the terminal's waterfall has. */
function overviewOf(story: Story, pipeline: string | undefined, list: NodeList): OverviewLine[] {
  return rowsOf(story, pipeline).map(({ span, depth, label, labelTone, bar }) => ({
    node: list.placeOf(span),
    depth,
    remark: bar === null ? { tone: labelTone, text: label } : null,
  }));
}
