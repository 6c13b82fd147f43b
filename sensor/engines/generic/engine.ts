import { createRedactor } from '../../spans/redact.ts';
import { baseName, maxName } from '../../spans/text.ts';
import type { Engine, JobIdentity, RootPlacement, StepDescription } from '../engine.ts';
import { type PipelineIdentity, seededRun } from '../identity.ts';

/** Any other engine: one job with one step, the command; in a pod whose engine is not known, the pod. */
export function createGenericEngine(identity: PipelineIdentity): Engine {
  const name = shownName(identity);
  return {
    name: 'generic',
    jobsBeginWith: 'anything',
    isRunner: () => false,
    place: (): RootPlacement => ({
      jobKey: null,
      steps: [{ key: '', invocation: null }],
      endsWithFirst: identity.kind === 'command',
    }),
    identify: (): JobIdentity => ({
      name,
      run: seededRun(identity, ''),
      taskRunId: name,
      url: null,
      resource: { 'service.name': serviceName(identity) },
    }),
    describe: (): StepDescription => ({ name, attributes: {} }),
    resultOf: ({ code, signal }) => (code === 0 && signal === 0 ? 'success' : 'failure'),
  };
}

/** The service that a trace without a repository is of. */
export function serviceName(identity: PipelineIdentity): string {
  return identity.service ?? programName(identity);
}

/** The program that a command starts; the pod. */
export function programName({ kind, name }: PipelineIdentity): string {
  return kind === 'pod' ? name : baseName(name.trimStart().split(/\s/, 1)[0] ?? '') || 'command';
}

/** A command line as a name: it may hold secrets as any other. */
function shownName({ name }: PipelineIdentity): string {
  return createRedactor([]).script(name).slice(0, maxName) || 'command';
}
