/**
 * What the listener hands to the worker: the job message in the shape of the service's (camelCase, template tokens), and the definitions of the actions that the job uses,
 * which the real runner reads from their `action.yml`.
 */
export interface JobOrder {
  message: JobMessage;
  /** By reference as a workflow writes it: `./.github/actions/x` or `owner/name@ref`. */
  actions: Record<string, ActionDefinition>;
}

export interface JobMessage {
  messageType: 'PipelineAgentJobRequest';
  plan: { planId: string };
  timeline: { id: string };
  jobId: string;
  jobDisplayName: string;
  jobName: string;
  requestId: number;
  variables: Record<string, { value: string; isSecret?: true }>;
  contextData: Record<string, ContextDictionary>;
  steps: JobStep[];
}

/** Compact serialisation of context data: `t` 2 is a dictionary; values stand raw. */
export interface ContextDictionary {
  t: 2;
  d: { k: string; v: string | number }[];
}

/** Template token: a literal, an expression that is still to be evaluated, or a mapping. */
export type Token = LiteralToken | ExpressionToken;
export interface LiteralToken {
  type: 0;
  lit: string;
}
export interface ExpressionToken {
  type: 3;
  expr: string;
}
export interface MapToken {
  type: 2;
  map: { Key: LiteralToken; Value: Token }[];
}

export interface JobStep {
  type: 'action';
  /** GUID of the step's record. */
  id: string;
  /** The value of GITHUB_ACTION: the step's id, or `__run`, `__actions_checkout`, `__self`. */
  name: string;
  contextName: string;
  displayNameToken: Token;
  condition: string;
  continueOnError?: boolean;
  reference: StepReference;
  inputs: MapToken;
  environment: MapToken | null;
}

export type StepReference =
  | { type: 'script' }
  | { type: 'repository'; name: string; ref: string; path: string; repositoryType: 'self' | 'GitHub' };

export interface ActionDefinition {
  name: string;
  runs: { using: 'node24'; main: string; post?: string } | { using: 'composite'; steps: JobStep[] };
}

/** How a workflow writes the reference: `./path` for an action of the workspace, `owner/name@ref` for a repository's. */
export function referenceText(reference: StepReference & { type: 'repository' }): string {
  return reference.repositoryType === 'self' ? reference.path : `${reference.name}@${reference.ref}`;
}

export function contextOf(message: JobMessage, name: string): Map<string, string> {
  return new Map((message.contextData[name]?.d ?? []).map(({ k, v }) => [k, String(v)]));
}
