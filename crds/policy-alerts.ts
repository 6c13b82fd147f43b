import * as z from 'zod';
import { described, dnsLabel, listMap, textLike, withRules } from './field-rule.ts';
import { severities } from './finding.ts';

const secretName = textLike(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/, {
  max: 253,
  message:
    'write the name of a Secret of this namespace, such as sec-hook: lower-case letters, digits, "-" and "."; an address stands in the Secret',
});

const secretKeyName = textLike(/^[-._a-zA-Z0-9]+$/, {
  max: 253,
  message: 'write a key of the Secret, such as url: letters, digits, "-", "_" and "."',
});

/** One value of a Secret of the policy's own namespace; `key` is the usual one. */
function secretKey(key: string) {
  return z.strictObject({
    name: described(secretName, 'The name of a Secret in the namespace of the policy.'),
    key: described(secretKeyName, 'The key of the Secret.').default(key),
  });
}

const address = described(
  secretKey('url'),
  'Where the address stands, which begins with `https://`. The gateway needs a Role to read the Secret.',
);

const sink = withRules(
  z.strictObject({
    name: described(dnsLabel, 'Names the sink in Events and metrics; once in a policy.'),
    webhook: described(
      z.strictObject({
        secretRef: address,
        signingKeyRef: described(
          secretKey('signingKey'),
          'Where the key stands that each alert is signed with: `whsec_` and base64, or any other text on one line, 24 bytes at least. Left out: not signed.',
        ).optional(),
      }),
      'Takes each alert as JSON.',
    ).optional(),
    slack: described(
      z.strictObject({ secretRef: address }),
      'An incoming webhook of Slack, or one that takes the same.',
    ).optional(),
  }),
  [
    {
      cel: 'has(self.webhook) != has(self.slack)',
      message: 'write exactly one of webhook and slack in each entry of "sinks"; for two kinds write two entries',
      holds: ({ webhook, slack }) => (webhook === undefined) !== (slack === undefined),
    },
  ],
);

/** Who is told of findings in the pods of a policy. */
export const policyAlerts = z.strictObject({
  minSeverity: described(z.enum(severities), 'Findings below it are not sent to the sinks.').default('Medium'),
  sinks: described(
    listMap(
      z.array(described(sink, 'One place that alerts are sent to: exactly one of `webhook` and `slack`.')).max(8),
      'name',
    ),
    'Where alerts are sent, besides the sinks of the cluster.',
  ).default([]),
});

export type PolicyAlerts = z.output<typeof policyAlerts>;
export type PolicySink = z.output<typeof sink>;
