import type { Alert } from '../../../crds/alert.ts';
import type { Finding } from '../../../crds/finding.ts';
import { makeAlert } from '../make-alert.ts';
import type { KnownPod } from '../pod-facts.ts';
import { aFinding } from './findings.ts';

export const aPod: KnownPod = {
  namespace: 'ci',
  name: 'runner-1',
  uid: 'pod-uid',
  node: 'node-1',
  serviceAccount: 'default',
  policies: ['web'],
  hasSensor: true,
};

/** The nth of many alerts. */
export function anAlert(n = 1, changes: Partial<Finding> = {}): Alert {
  return makeAlert(aFinding(n, changes), aPod, {});
}
