import type { ExecEvent } from '../decode/process-events.ts';
import { baseName } from '../spans/text.ts';
import { createActEngine } from './act/engine.ts';
import type { Workflows } from './act/workflow.ts';
import type { Engine, EngineName } from './engine.ts';
import { createGenericEngine } from './generic/engine.ts';
import { createGithubActionsEngine } from './github-actions/engine.ts';
import type { JobLogs } from './github-actions/job-log.ts';
import { createGithubJobPodEngine, isStepEntry } from './github-job-pod/engine.ts';
import type { PipelineIdentity } from './identity.ts';

export interface EngineSources {
  readonly identity: PipelineIdentity;
  /** github-actions: what the runner wrote. */
  readonly jobLogs?: JobLogs | null;
  /** act: what the workflow files plan. */
  readonly workflows?: Workflows | null;
}

export function createEngine(name: EngineName, sources: EngineSources): Engine {
  const { identity, jobLogs = null, workflows = null } = sources;
  if (name === 'github-actions') return createGithubActionsEngine(identity, jobLogs);
  if (name === 'github-job-pod') return createGithubJobPodEngine(identity);
  if (name === 'act') return createActEngine(identity, workflows);
  return createGenericEngine(identity);
}

/** The engine that an execution gives away, `null` for every other program. */
export function detectEngine(event: ExecEvent): EngineName | null {
  const name = baseName(event.filename);
  if (name === 'Runner.Listener' || name === 'Runner.Worker') return 'github-actions';
  if (name === 'act' && event.isRunner) return 'act';
  if (isStepEntry(event)) return 'github-job-pod';
  // After a restart of this process the runner's own execution lies before what can be seen; its children still tell it.
  return event.isRunnerChild ? engineOfChild(event) : null;
}

function engineOfChild({ env }: ExecEvent): EngineName {
  return env.GITHUB_OUTPUT?.includes('/act/workflow/') ? 'act' : 'github-actions';
}
