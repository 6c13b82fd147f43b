import { ChaperoneError, describeError } from '../../crds/errors.ts';
import { fileWatchOf, openPolicyImage, type PolicyImage } from '../../crds/policy-image.ts';
import { noPolicy, type PolicyView } from '../spans/policy-view.ts';
import { egressViewOf } from './egress-view.ts';

/** What the sensor knows of its policy. */
export interface PolicyState {
  /** The last text looked at, adopted or not; `null` before the first. */
  readonly text: string | null;
  /** The image in force; `null` before the first good one. */
  readonly image: PolicyImage | null;
  readonly view: PolicyView;
}

export const initialPolicy: PolicyState = { text: null, image: null, view: noPolicy };

export interface PolicyTrust {
  /** Ed25519 in PEM, from the pod's spec, which cannot be changed after admission. */
  readonly publicKey: string;
  /** Images of other namespaces are signed by the same operator, and are not ours. */
  readonly namespace: string;
}

/**
 * Looks at the policy file's text. A wrong signature, another namespace's image, an older generation or no text at all
 * changes nothing, and the view says so.
 */
export function adoptPolicy(state: PolicyState, text: string, trust: PolicyTrust): PolicyState {
  try {
    const { image, hash } = openPolicyImage(text, trust.publicKey);
    const fault = faultOf(image, state, trust);
    return fault === null ? { text, image, view: viewOf(image, hash) } : refuse(state, text, fault);
  } catch (error) {
    const isForged = error instanceof ChaperoneError && error.code === 'policy-image-signature';
    return refuse(state, text, text === '' ? 'the policy file is empty' : describeError(error), isForged);
  }
}

function faultOf(image: PolicyImage, state: PolicyState, trust: PolicyTrust): string | null {
  if (image.namespace !== trust.namespace) return `the policy image is of the namespace ${image.namespace}`;
  const current = state.image?.generation ?? 0;
  return image.generation < current
    ? `the policy image is of generation ${image.generation}, and ${current} is in force`
    : null;
}

function refuse(state: PolicyState, text: string, fault: string, isForged = false): PolicyState {
  return { ...state, text, view: { ...state.view, error: fault.slice(0, maxFault), isForged } };
}

const maxFault = 512;

function viewOf(image: PolicyImage, hash: string): PolicyView {
  return {
    names: image.policies.map(({ name }) => name),
    mode: image.mode,
    hash,
    processes: image.trace.processes,
    scope: image.trace.scope ?? 'Run',
    files: { watch: fileWatchOf(image), paths: image.trace.files?.paths ?? [] },
    egress: egressViewOf(image),
    agents: image.agents ?? noPolicy.agents,
    redact: image.trace.redact,
    error: '',
    isForged: false,
  };
}
