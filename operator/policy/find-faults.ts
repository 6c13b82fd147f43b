import type { AgentPolicy, FieldFault } from '../../crds/agent-policy.ts';
import { maxPolicyImageBytes, policyImageBytes } from '../../crds/policy-image.ts';
import { compilePolicyImage } from './compile-policy-image.ts';

/**
 * What is wrong with a policy that its schema cannot tell; any fault makes it `Accepted=False`.
 * Policies add up on a pod, so a policy must fit beside the older ones of its namespace (`others`, in any order, itself ignored): the newer one is refused.
 */
export function findFaults(policy: AgentPolicy, others: readonly AgentPolicy[]): FieldFault[] {
  const older = others.filter((other) => ageKey(other) < ageKey(policy));
  const room = older
    .toSorted((left, right) => (ageKey(left) < ageKey(right) ? -1 : 1))
    .reduce(roomBeside, maxPolicyImageBytes);
  const own = sizeOf(policy);
  if (own <= room) return [];
  const beside = room === maxPolicyImageBytes ? '' : ' beside the older policies of this namespace';
  const message = `the policy comes to ${own} bytes, and ${room} fit on a pod${beside}: join address blocks, or use a second namespace`;
  return [{ path: 'spec.egress.rules', message }];
}

/** A policy that does not fit is itself refused, and takes no room from those after it. */
function roomBeside(room: number, policy: AgentPolicy): number {
  const size = sizeOf(policy);
  return size <= room ? room - size : room;
}

/** Each policy is compared with all of its namespace at each change of one: measured anew, a hundred of them would take half a second. */
const sizes = new WeakMap<AgentPolicy, number>();

function sizeOf(policy: AgentPolicy): number {
  const size = sizes.get(policy) ?? policyImageBytes(compilePolicyImage(policy.metadata.namespace, [policy]).payload);
  sizes.set(policy, size);
  return size;
}

/** Creation times are RFC 3339 in UTC, which sort as text; the name decides within a second. */
function ageKey({ metadata }: AgentPolicy): string {
  return `${metadata.creationTimestamp ?? ''}/${metadata.name}`;
}
