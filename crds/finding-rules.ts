/** Every rule of docs/findings.md by its name; the sensor holds what each of them says. */
export const findingRules = [
  'runner-memory',
  'process-memory',
  'process-environment',
  'left-observation',
  'sensor-touched',
  'sensor-restarted',
  'policy-forged',
  'left-running',
  'tool-call-outlived',
  'reverse-shell',
  'piped-download',
  'credentials-sent',
  'unnamed-address',
  'data-in-names',
  'workflow-changed',
  'hook-changed',
  'agent-settings-changed',
  'source-changed',
  'egress-would-refuse',
  'egress-refused',
  'egress-not-held',
  'name-outside',
  'agent-word-differs',
  'agent-impersonated',
] as const;

export type FindingRule = (typeof findingRules)[number];
