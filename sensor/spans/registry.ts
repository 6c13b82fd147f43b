import * as ours from '../../crds/attributes.ts';
import { type SpanClass, spanClasses } from '../export/span-class.ts';
import { ofAgents } from './registry/of-agents.ts';
import { ofConnections } from './registry/of-connections.ts';
import { ofCoverage } from './registry/of-coverage.ts';
import { ofEvents } from './registry/of-events.ts';
import { ofFindings } from './registry/of-findings.ts';
import { ofProcesses } from './registry/of-processes.ts';
import { ofResources } from './registry/of-resources.ts';
import { ofTasks } from './registry/of-tasks.ts';
import type { Carrier, RegisteredAttribute } from './registry/row.ts';

/** Every attribute that leaves a pod. Names without `chaperone.` are OpenTelemetry's semantic conventions 1.44, but for `aggregation.*` (the collector's span pruning). */
export const registry: readonly RegisteredAttribute[] = [
  ...ofResources,
  ...ofTasks,
  ...ofCoverage,
  ...ofAgents,
  ...ofProcesses,
  ...ofConnections,
  ...ofEvents,
  ...ofFindings,
].map(([name, on, type, meaning, shownBy]) => ({
  name,
  on: on.split(' ') as Carrier[],
  type,
  meaning,
  ...(shownBy === undefined ? {} : { shownBy }),
}));

/** The names of events, each with what it says and the class of its span. */
export const registeredEvents: Readonly<
  Record<string, { readonly on: readonly SpanClass[]; readonly meaning: string }>
> = {
  'dns.answer': { on: ['connection'], meaning: 'the answer that the address came from' },
  [ours.fileChange]: { on: ['process'], meaning: 'it changed a file' },
  [ours.fileRead]: { on: ['process'], meaning: 'it read a file that gives a secret away' },
  [ours.fileUring]: {
    on: ['process'],
    meaning: 'it set up a ring for requests (io_uring), or asked for files through it, which is not followed further',
  },
  [ours.privilegeChange]: {
    on: ['process'],
    meaning:
      'it became another user or group, its capabilities changed, it loaded a module or program, or left a namespace',
  },
  [ours.memoryAccess]: { on: ['process'], meaning: 'it reached into the memory of another process' },
  [ours.socketCreated]: { on: ['process'], meaning: 'it made a raw or ping socket' },
};

export const carriers: readonly Carrier[] = ['resource', ...spanClasses, 'event'];
