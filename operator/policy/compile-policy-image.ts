import type { AgentPolicy, DeclaredAgent } from '../../crds/agent-policy.ts';
import {
  hashPolicyImage,
  type PolicyImage,
  type PolicyImageAgent,
  type PolicyImageRule,
} from '../../crds/policy-image.ts';

export interface CompiledPolicy {
  payload: PolicyImage;
  /** `sha256:…` of the payload. */
  hash: string;
  /** What the authors should know, one sentence each: parts of a policy that have no effect on this pod. */
  warnings: string[];
}

/**
 * All policies that select one pod, as one image; the order in which they are given does not matter.
 * While one of them enforces, only the enforcing ones say what the pod may reach and what happens without a sensor.
 */
export function compilePolicyImage(namespace: string, selected: readonly AgentPolicy[]): CompiledPolicy {
  const policies = selected.toSorted((left, right) => (left.metadata.name < right.metadata.name ? -1 : 1));
  const deciding = decidingPolicies(policies);
  const payload: PolicyImage = {
    version: 1,
    namespace,
    // A sum grows when any one of them changes; a maximum would hide a change of the others.
    generation: policies.reduce((sum, policy) => sum + generationOf(policy), 0),
    mode: deciding.some(isEnforcing) ? 'Enforce' : 'Audit',
    failureMode: deciding.some((policy) => isEnforcing(policy) && policy.spec.failureMode === 'Closed')
      ? 'Closed'
      : 'Open',
    policies: policies.map((policy) => ({
      name: policy.metadata.name,
      generation: generationOf(policy),
      mode: policy.spec.mode,
    })),
    egress: {
      default: deciding.some(({ spec }) => spec.egress.default === 'Deny') ? 'Deny' : 'Allow',
      rules: deciding.flatMap(imageRules),
    },
    ...declaredAgents(policies),
    trace: {
      processes: policies.length > 0 && policies.every(({ spec }) => spec.trace.processes === 'None') ? 'None' : 'All',
      ...watchedFiles(policies),
      redact: [...new Set(policies.flatMap(({ spec }) => spec.trace.redact))].sort(),
      ...(policies.some(({ spec }) => spec.trace.agents?.telemetry === 'Collect')
        ? { agents: 'Collect' as const }
        : {}),
      ...(policies.some(({ spec }) => spec.trace.scope === 'Job') ? { scope: 'Job' as const } : {}),
    },
  };
  return { payload, hash: hashPolicyImage(payload), warnings: warningsOf(policies, payload) };
}

/** Always before Never before Auto, which is what a policy says that says nothing. Left out where there is nothing to say. */
function watchedFiles(policies: AgentPolicy[]): Pick<PolicyImage['trace'], 'files'> {
  const said = policies.flatMap(({ spec }) => spec.trace.files ?? []);
  const watch = (['Always', 'Never'] as const).find((word) => said.some((files) => files.watch === word)) ?? 'Auto';
  const asking = said.filter((files) => watch !== 'Never' && files.watch !== 'Never');
  const paths = [...new Set(asking.flatMap((files) => files.paths))].sort();
  if (watch === 'Always') return { files: { paths } };
  return watch === 'Auto' && paths.length === 0 ? {} : { files: { watch, paths } };
}

/** What any policy says of an agent holds: of one that several declare, all of it. Left out where there is none. */
function declaredAgents(policies: AgentPolicy[]): Pick<PolicyImage, 'agents'> {
  const byName = Map.groupBy(
    policies.flatMap(({ spec }) => spec.agents ?? []),
    ({ name }) => name,
  );
  const agents = [...byName].sort(([one], [other]) => (one < other ? -1 : 1));
  return agents.length === 0 ? {} : { agents: agents.map(([name, declared]) => ({ name, match: joined(declared) })) };
}

function joined(declared: readonly DeclaredAgent[]): PolicyImageAgent['match'] {
  const match: PolicyImageAgent['match'] = {};
  for (const kind of ['paths', 'scripts', 'packages'] as const) {
    const all = [...new Set(declared.flatMap((agent) => agent.match?.[kind] ?? []))].sort();
    if (all.length > 0) match[kind] = all;
  }
  return match;
}

function decidingPolicies(policies: AgentPolicy[]): AgentPolicy[] {
  const enforcing = policies.filter(isEnforcing);
  return enforcing.length > 0 ? enforcing : policies;
}

function isEnforcing({ spec }: AgentPolicy): boolean {
  return spec.mode === 'Enforce';
}

function generationOf({ metadata }: AgentPolicy): number {
  return metadata.generation ?? 0;
}

function imageRules({ metadata, spec }: AgentPolicy): PolicyImageRule[] {
  return spec.egress.rules.flatMap(({ name, to, ports }) =>
    to.map((destination) => ({ policy: metadata.name, name, ...destination, ...(ports && { ports }) })),
  );
}

function warningsOf(policies: AgentPolicy[], image: PolicyImage): string[] {
  return policies.flatMap((policy) => [
    ...(isOverruled(policy, image)
      ? [
          `${policy.metadata.name} is in Audit while another policy enforces on the same pods: its egress is not used there`,
        ]
      : []),
    ...(isWithoutEffect(policy, image)
      ? [
          `${policy.metadata.name} has egress rules, but everything is allowed: write egress.default: Deny for them to matter`,
        ]
      : []),
    ...(isNeverClosed(policy)
      ? [
          `${policy.metadata.name} has failureMode Closed, which Audit never acts on: write mode: Enforce to hold jobs back`,
        ]
      : []),
  ]);
}

function isOverruled(policy: AgentPolicy, image: PolicyImage): boolean {
  const saysSomething = policy.spec.egress.default === 'Deny' || policy.spec.egress.rules.length > 0;
  return image.mode === 'Enforce' && !isEnforcing(policy) && saysSomething;
}

function isWithoutEffect(policy: AgentPolicy, image: PolicyImage): boolean {
  return image.egress.default === 'Allow' && policy.spec.egress.rules.length > 0 && policy.spec.mode === image.mode;
}

function isNeverClosed({ spec }: AgentPolicy): boolean {
  return spec.mode === 'Audit' && spec.failureMode === 'Closed';
}
