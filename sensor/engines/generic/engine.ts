import type { Engine, JobIdentity, RootPlacement, StepDescription } from '../engine.ts';
import { type PipelineIdentity, seededRun } from '../identity.ts';

/** Any other engine: one job with one step, the command; in a pod whose engine is not known, the pod. */
export function createGenericEngine(identity: PipelineIdentity): Engine {
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
      name: identity.name,
      run: seededRun(identity, ''),
      taskRunId: identity.name,
      url: null,
      resource: { 'service.name': identity.name },
    }),
    describe: (): StepDescription => ({ name: identity.name, attributes: {} }),
    resultOf: ({ code, signal }) => (code === 0 && signal === 0 ? 'success' : 'failure'),
  };
}
