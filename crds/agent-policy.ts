import * as z from 'zod';
import { containsBlock, hasNoHostBits, parseAddressBlock } from './address-block.ts';
import { agentPolicyStatus } from './agent-policy-status.ts';
import { ChaperoneError } from './errors.ts';
import { atomicList, described, dnsLabel, listMap, setList, textLike, withRules } from './field-rule.ts';
import { labelSelector } from './label-selector.ts';
import { apiVersion } from './names.ts';
import { policyAlerts } from './policy-alerts.ts';
import { sayFault } from './say-fault.ts';

/** A glob over names: letters, digits, `_`, `.`, `-`, and `*` for any number of characters. */
const redactGlob = textLike(/^[A-Za-z0-9_.*-]+$/, {
  max: 128,
  message: 'write a name such as *_TOKEN: letters, digits, "_", "." and "-", and "*" for any characters',
});

/** An address block in its one right form, such as `203.0.113.0/24`. */
const addressBlock = withRules(z.string().min(1).max(49), [
  {
    cel: 'isCIDR(self)',
    message:
      'write an address block such as 203.0.113.0/24 or 2001:db8::/32; one address is 203.0.113.9/32 or 2001:db8::9/128',
    holds: (text) => parseAddressBlock(text) !== null,
  },
  {
    cel: '!isCIDR(self) || cidr(self).masked() == cidr(self)',
    message:
      'the address has bits set behind its prefix length: write the first address of the block, or /32 (IPv6: /128) for one address',
    holds: (text) => blockHolds(text, hasNoHostBits),
  },
]);

const serviceReference = z.strictObject({
  namespace: described(dnsLabel, 'The namespace of the Service.'),
  name: described(dnsLabel, 'The name of the Service.'),
});

const portNumber = z.int().min(1).max(65535).meta({ format: 'int32' });

/** A port or a range of ports of one protocol. */
const networkPort = withRules(
  z.strictObject({
    port: described(portNumber, 'The port, or the first port of a range.'),
    endPort: described(portNumber, 'The last port of a range, itself included.').optional(),
    protocol: described(z.enum(['TCP', 'UDP']), 'The transport protocol.').default('TCP'),
  }),
  [
    {
      cel: '!has(self.endPort) || self.endPort >= self.port',
      message: 'endPort is the last port of the range: write one that is not below port, or leave endPort out',
      holds: ({ port, endPort }) => endPort === undefined || endPort >= port,
    },
  ],
);

const destination = withRules(
  z.strictObject({
    cidr: described(
      addressBlock,
      'An IPv4 or IPv6 address block. It is taken as written: no private or metadata address in it is left out unless `except` says so.',
    ).optional(),
    except: described(
      setList(z.array(described(addressBlock, 'A smaller address block inside `cidr`.')).max(16)),
      'Address blocks inside `cidr` that stay out.',
    ).optional(),
    service: described(serviceReference, 'A Service of this cluster; its pods are the destination.').optional(),
  }),
  [
    {
      cel: 'has(self.cidr) != has(self.service)',
      message: 'write exactly one of cidr and service in each entry of "to"; for two destinations write two entries',
      holds: ({ cidr, service }) => (cidr === undefined) !== (service === undefined),
    },
    {
      cel: '!has(self.except) || has(self.cidr)',
      message: 'except takes address blocks out of a cidr: write the cidr too, or remove except',
      holds: ({ cidr, except }) => except === undefined || cidr !== undefined,
    },
    {
      cel: '!has(self.except) || !has(self.cidr) || !isCIDR(self.cidr) || self.except.all(inner, !isCIDR(inner) || (cidr(self.cidr).containsCIDR(inner) && cidr(inner).prefixLength() > cidr(self.cidr).prefixLength()))',
      message: 'every block of except lies inside cidr and is smaller than it: correct it or remove it',
      holds: ({ cidr, except = [] }) => except.every((inner) => cidr === undefined || liesInside(inner, cidr)),
    },
  ],
);

const egressRule = z.strictObject({
  name: described(dnsLabel, 'Names the rule in findings and messages; once in a policy.'),
  to: described(
    atomicList(z.array(described(destination, 'One destination: exactly one of `cidr` and `service`.')).min(1).max(64)),
    'The destinations that the rule allows.',
  ),
  ports: described(
    atomicList(z.array(described(networkPort, 'A port or a range of ports.')).min(1).max(32)),
    'The ports that the rule allows, for a Service the ports of the Service. Left out: every port.',
  ).optional(),
});

const egress = z.strictObject({
  default: described(
    z.enum(['Allow', 'Deny']),
    'What happens to a connection that no rule names. With `Deny`, DNS to the resolver of the cluster and the gateway stay open.',
  ),
  rules: described(
    listMap(z.array(described(egressRule, 'Destinations that are allowed.')).max(64), 'name'),
    'What is allowed under `Deny`.',
  ).default([]),
});

/** A folder by its one right name: absolute, without `.`, `..`, empty parts or a slash at its end; `/` is every folder. */
const folderPath = textLike(/^(\/|(\/([^/.]|[.][^/.]|[.][.][^/])[^/]*)+)$/, {
  max: 255,
  message: 'write the whole path of the folder, such as /opt/app, without "//", "." or ".." in it or a "/" at its end',
});

/** When the files of a job are watched. */
const fileWatch = z.enum(['Auto', 'Always', 'Never']);
export type FileWatch = z.output<typeof fileWatch>;

const files = z.strictObject({
  watch: described(
    fileWatch,
    'Whether it is recorded which files a job makes, changes, renames and deletes, and which files with credentials it reads. `Auto` does so on kernels of the tiers `trampoline` and `lsm`, where it costs no system call. `Always` does so on kernels of the tier `tracepoint`, too, where it costs every system call of the node a little, also those of other pods, while the pod runs; see “What watching files costs”. A change begins with the next pod.',
  ).default('Auto'),
  paths: described(
    setList(z.array(described(folderPath, 'An absolute path such as `/opt/app`; `/` is every folder.')).max(16)),
    'Folders whose changes are listed on the spans of processes, besides the workspace, home, temporary and tool folders. Changes elsewhere are counted.',
  ).default([]),
});

const agents = z.strictObject({
  telemetry: described(
    z.enum(['None', 'Collect']),
    '`Collect` asks coding agents in the pods to tell the sensor of their tool calls, by variables of their own in the container `runner` (in every container, where none has that name), and joins that with what is seen; see docs/agents.md. No prompt and no answer is kept. `None` asks for nothing. A change begins with the next pod.',
  ).default('None'),
});

const trace = z.strictObject({
  processes: described(
    z.enum(['All', 'None']),
    '`All` makes a span of each process within the budget, `None` only of jobs and steps.',
  ).default('All'),
  files: described(files, 'What is recorded of files; left out, what `Auto` says.').optional(),
  agents: described(agents, 'What is asked of coding agents; left out: nothing.').optional(),
  scope: described(
    z.enum(['Run', 'Job']),
    '`Run` puts all jobs of a workflow run into one trace, `Job` gives each its own, linked to the run: for large matrices, since back ends limit a trace. Left out: `Run`.',
  ).optional(),
  redact: described(
    setList(
      z
        .array(described(redactGlob, 'A glob such as `*_DSN`; case and the difference of `-` and `_` do not count.'))
        .max(64),
    ),
    'Names of variables and options whose values are replaced by `[REDACTED]` in recorded command lines, besides the built-in list.',
  ).default([]),
});

/** The whole path of a program or script, without `.`, `..` or empty parts; `*` stands for any characters within a part. */
const programPath = textLike(/^(\/([^/.]|[.][^/.]|[.][.][^/])[^/]*)+$/, {
  max: 255,
  message:
    'write the whole path of the file, such as /opt/agent/bin/agent, without "//", "." or ".." in it or a "/" at its end',
});

const npmPackage = textLike(/^(@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/, {
  max: 214,
  message: 'write the name of an npm package, such as agent or @acme/agent, in lower case and without a version',
});

const programPaths = (of: string) =>
  setList(
    z
      .array(described(programPath, `A whole path, such as \`${of}\`; \`*\` stands for any characters but a slash.`))
      .min(1)
      .max(8),
  );

const agentMatch = withRules(
  z.strictObject({
    paths: described(
      programPaths('/opt/agent/bin/agent'),
      'Executable files that are the agent, by the path that is left when links are followed.',
    ).optional(),
    scripts: described(
      programPaths('/opt/agent/main.py'),
      'Scripts that are the agent, executed by themselves or interpreted by Node, Bun or Python, by the path that they are called by.',
    ).optional(),
    packages: described(
      setList(z.array(described(npmPackage, 'The name of an npm package, such as `@acme/agent`.')).min(1).max(8)),
      'npm packages of which every program and script is the agent, with those of their platforms (`NAME-linux-x64`).',
    ).optional(),
  }),
  [
    {
      cel: 'has(self.paths) || has(self.scripts) || has(self.packages)',
      message: 'say what the agent is: write paths, scripts or packages',
      holds: ({ paths, scripts, packages }) => (paths ?? scripts ?? packages) !== undefined,
    },
  ],
);

const declaredAgent = withRules(
  z.strictObject({
    name: described(
      dnsLabel,
      'What spans and summaries call the agent. With the name of an agent that is known (`claude-code`, `codex`, `gemini-cli`, `opencode`, `copilot`) it is said where else that one lies.',
    ),
    match: described(
      agentMatch,
      'What a process is that is the agent: any one of these. It cannot be left out.',
    ).optional(),
  }),
  [
    {
      cel: 'has(self.match)',
      message: 'say what the agent is: write match with paths, scripts or packages',
      holds: ({ match }) => match !== undefined,
    },
  ],
);

export const agentPolicySpec = z.strictObject({
  selector: described(labelSelector, 'The pods of this namespace that the policy is for. `{}` selects all of them.'),
  mode: described(
    z.enum(['Audit', 'Enforce']),
    '`Audit` records and restricts nothing. `Enforce` holds the pods to `egress`.',
  ),
  failureMode: described(
    z.enum(['Open', 'Closed']),
    'Under `Enforce`, what happens to a pod whose sensor cannot be armed: `Open` lets the job run, `Closed` holds it back until the sensor is armed. Under `Audit` a job is never held back.',
  ).default('Open'),
  egress: described(egress, 'Which destinations the pods may connect to.').default({ default: 'Allow', rules: [] }),
  agents: described(
    listMap(z.array(described(declaredAgent, 'A coding agent, by what its program is.')).max(16), 'name'),
    'Coding agents besides those that are known. Their runs and the commands that they run by a shell (`sh -c`) are told as those of the known ones.',
  ).optional(),
  trace: described(trace, 'What the trace of a job holds.').prefault({}),
  alerts: described(
    policyAlerts,
    'Who is told of findings in the pods, besides Kubernetes Events and the sinks of the cluster.',
  ).optional(),
});

const metadata = z.looseObject({
  name: z.string().min(1).max(253),
  namespace: z.string().min(1).max(63),
  uid: z.string().optional(),
  generation: z.int().min(0).optional(),
  creationTimestamp: z.string().optional(),
  deletionTimestamp: z.string().optional(),
  resourceVersion: z.string().optional(),
  finalizers: z.array(z.string()).optional(),
});

export const agentPolicy = withRules(
  z.strictObject({
    apiVersion: z.literal(apiVersion),
    kind: z.literal('AgentPolicy'),
    metadata,
    spec: described(agentPolicySpec, 'What the policy says; written by its author.'),
    // The status is ours to write anew: one that does not fit must not keep the spec from being read.
    status: described(agentPolicyStatus, 'What has become of the policy; written by the operator.')
      .optional()
      .catch(undefined),
  }),
  [
    {
      cel: 'size(self.metadata.name) <= 63',
      message: 'the name of an AgentPolicy stands in labels, which end at 63 characters: give it a shorter name',
      holds: ({ metadata: { name } }) => name.length <= 63,
    },
  ],
);

/** An AgentPolicy as the API server gives it, defaults filled in. */
export type AgentPolicy = z.output<typeof agentPolicy>;
export type EgressRule = z.output<typeof egressRule>;
/** A coding agent that a policy declares. */
export type DeclaredAgent = z.output<typeof declaredAgent>;
export type NetworkPort = z.output<typeof networkPort>;

/** A field that is wrong: its path, such as `spec.egress.rules[0].to[1].cidr`, and what to write instead. */
export interface FieldFault {
  path: string;
  message: string;
}

/** Reads an AgentPolicy, with its defaults; throws `agent-policy-invalid` with the path of every wrong field. */
export function parseAgentPolicy(value: unknown): AgentPolicy {
  const checked = checkAgentPolicy(value);
  if ('policy' in checked) return checked.policy;
  const faults = checked.faults.map(({ path, message }) => `${path}: ${message}`).join('; ');
  throw new ChaperoneError('agent-policy-invalid', `the AgentPolicy does not fit: ${faults}`);
}

/** The same without throwing: the policy, or every wrong field. */
export function checkAgentPolicy(value: unknown): { policy: AgentPolicy } | { faults: FieldFault[] } {
  const parsed = agentPolicy.safeParse(withoutNulls(value), { error: sayFault });
  return parsed.success ? { policy: parsed.data } : { faults: parsed.error.issues.flatMap(faultsOf) };
}

/** `null` is how a client leaves a field out; the API server drops it before it looks for defaults. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  const present = Object.entries(value).filter(([, member]) => member !== null);
  return Object.fromEntries(present.map(([key, member]) => [key, withoutNulls(member)]));
}

function faultsOf(issue: z.core.$ZodIssue): FieldFault[] {
  if (issue.code !== 'unrecognized_keys') return [{ path: z.core.toDotPath(issue.path), message: issue.message }];
  return issue.keys.map((key) => ({
    path: z.core.toDotPath([...issue.path, key]),
    message: 'there is no such field: correct its name or remove it',
  }));
}

function blockHolds(
  text: string,
  test: (block: NonNullable<ReturnType<typeof parseAddressBlock>>) => boolean,
): boolean {
  const block = parseAddressBlock(text);
  return block === null || test(block);
}

function liesInside(innerText: string, outerText: string): boolean {
  const inner = parseAddressBlock(innerText);
  const outer = parseAddressBlock(outerText);
  if (inner === null || outer === null) return true;
  return containsBlock(outer, inner) && inner.prefixLength > outer.prefixLength;
}
