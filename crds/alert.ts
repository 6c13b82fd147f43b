import type { Finding } from './finding.ts';

/** What a sink is sent for a finding, as JSON. Everything but `finding` is known to the gateway itself, never by the word of the pod. Fields without a value are left out. */
export interface Alert {
  readonly version: 1;
  /** The same for every try and every replica: whoever gets it twice can tell. */
  readonly id: string;
  /** One paragraph for people: how bad, where, who, what, what to look at, how to refuse it. */
  readonly text: string;
  readonly finding: Finding;
  readonly pod: { readonly namespace: string; readonly name: string; readonly uid: string; readonly node?: string };
  /** The AgentPolicies that the pod is under; left out where the pod was gone before it could be asked about. */
  readonly policies?: readonly string[];
  /** Set by who installed Chaperone, such as `cluster: prod-1`. */
  readonly labels?: Readonly<Record<string, string>>;
}
