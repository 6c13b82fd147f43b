import type { Attributes } from '../spans/finished-span.ts';
import { known, printable } from '../spans/text.ts';

/** What a step's environment or the job message says of the run; everything optional and unchecked. */
export interface GithubContext {
  readonly repository?: string | undefined;
  readonly runId?: string | undefined;
  readonly runAttempt?: string | undefined;
  readonly workflow?: string | undefined;
  readonly ref?: string | undefined;
  readonly sha?: string | undefined;
  readonly serverUrl?: string | undefined;
  readonly runnerName?: string | undefined;
}

export function contextOfEnvironment(env: Readonly<Record<string, string>>): GithubContext {
  return {
    repository: env.GITHUB_REPOSITORY,
    runId: env.GITHUB_RUN_ID,
    runAttempt: env.GITHUB_RUN_ATTEMPT,
    workflow: env.GITHUB_WORKFLOW,
    ref: env.GITHUB_REF,
    sha: env.GITHUB_SHA,
    runnerName: env.RUNNER_NAME,
  };
}

/** Resource attributes by the semantic conventions (cicd, vcs); `fallback` names the service where no repository is known; `provider` only where it is. */
export function resourceOf(context: GithubContext, fallback: string, provider: string | null = null): Attributes {
  const { owner, repository } = splitRepository(context.repository);
  const server = httpsOrigin(context.serverUrl);
  const repositoryUrl = server !== null && owner !== null ? `${server}/${owner}/${repository}` : null;
  const runId = digits(context.runId);
  return known({
    'service.name': repository ?? fallback,
    'service.namespace': owner,
    'cicd.pipeline.name': shown(context.workflow),
    'cicd.pipeline.run.id': runId,
    'cicd.pipeline.run.url.full':
      repositoryUrl !== null && runId !== null ? `${repositoryUrl}/actions/runs/${runId}` : null,
    'cicd.worker.name': shown(context.runnerName),
    'vcs.provider.name': provider,
    'vcs.owner.name': owner,
    'vcs.repository.name': repository,
    'vcs.repository.url.full': repositoryUrl,
    ...refAttributes(context),
  });
}

/** A positive decimal number as GitHub's ids are, else `null`. */
export function digits(text: string | undefined): string | null {
  return text !== undefined && /^[1-9]\d{0,19}$/.test(text) ? text : null;
}

/** The last two parts of `owner/name`; act gives the whole address of a remote that is not GitHub. */
function splitRepository(text = ''): { owner: string | null; repository: string | null } {
  const match = /(?:^|[/:])([\w.-]{1,100})\/([\w.-]{1,100}?)(?:\.git)?$/.exec(text);
  return { owner: match?.[1] ?? null, repository: match?.[2] ?? null };
}

function httpsOrigin(text = ''): string | null {
  return /^https:\/\/[\w.-]{1,253}(?::\d{1,5})?$/.test(text) ? text : null;
}

function refAttributes({ ref = '', sha }: GithubContext) {
  const [, kind, name] = /^refs\/(heads|tags|pull)\/(.{1,255})$/.exec(ref) ?? [];
  const change = kind === 'pull' ? (/^\d{1,12}/.exec(name ?? '')?.[0] ?? null) : null;
  return {
    'vcs.ref.head.name': kind === 'pull' ? null : shown(name),
    'vcs.ref.head.type': kind === 'heads' ? 'branch' : kind === 'tags' ? 'tag' : null,
    'vcs.ref.head.revision': /^[0-9a-f]{40,64}$/.test(sha ?? '') ? sha : null,
    'vcs.change.id': change,
  };
}

function shown(text: string | undefined): string | null {
  return text === undefined ? null : printable(text, 255);
}
