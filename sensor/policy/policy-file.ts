import { readFileSync, statSync } from 'node:fs';
import { maxPolicyImageBytes } from '../../crds/policy-image.ts';
import type { PolicyView } from '../spans/policy-view.ts';
import { adoptPolicy, initialPolicy, type PolicyTrust } from './policy-state.ts';

export interface PolicyFile {
  view(): PolicyView;
  /** Looks at the file again; `true` when what the sensor says of its policy has changed. */
  refresh(): boolean;
}

/**
 * The policy image as the kubelet shows it (downward API). The kubelet swaps a link at its own pace, up to a minute,
 * so looking every few seconds is as good as watching and cannot miss a swap.
 */
export function openPolicyFile(path: string, trust: PolicyTrust): PolicyFile {
  let state = initialPolicy;
  const refresh = () => {
    const text = readText(path);
    if (text === state.text) return false;
    const before = state.view;
    state = adoptPolicy(state, text, trust);
    return before.hash !== state.view.hash || before.error !== state.view.error;
  };
  refresh();
  return { view: () => state.view, refresh };
}

/** Empty where there is no file or none that could be a policy image. */
function readText(path: string): string {
  try {
    return statSync(path).size > maxPolicyImageBytes ? '' : readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
