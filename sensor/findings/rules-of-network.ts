import type { Rule } from './rule.ts';

export const networkRules = {
  'credentials-sent': {
    title: 'Credentials read, then a new host',
    severity: 'High',
    category: 'Exfiltration',
    act: 'connected to {}',
    when: 'A file of credentials is read by a program that it is not for, and afterwards the reader, something below it, or something that the same parent started connects to a host that nothing in the job had connected to.',
    reason:
      'Sha1-Hulud, the Nx and the axios compromise collected `.npmrc`, cloud and SSH keys and carried them to a host that the build had never used.',
    source:
      'CISA alert on Shai-Hulud (September 2025); Nx post-mortem GHSA-cxm3-wv7p-598c; MITRE ATT&CK T1552.001, T1041',
    look: 'the process that read the file and the one that connected, and how much was sent; change the credential',
    refuse:
      'in the AgentPolicy, `egress.default: Deny` with rules for the hosts the job needs, and short-lived credentials (OIDC) instead of files',
    grades:
      'Medium where only a later command of the step’s own script connects; Low to private addresses. None: a file read by its own tool (`.npmrc` by npm, …), cloud and registry credentials on the way to their own provider, loopback, port 53.',
    blind: 'A host that the job uses anyway, such as the forge itself. Data that is kept in a file for a later step.',
    fires: 'a credential that is read and a host that is new make a finding, by how near they are',
    quiet: 'npm, git, docker, ssh and cloud tools read their own credentials and are no finding',
  },
  'unnamed-address': {
    title: 'Address without a name',
    severity: 'Medium',
    category: 'Command and Control',
    act: 'connected to {}, an address that no name led to',
    when: 'A process of a step connects to a public address that no answer of a resolver gave to anything in the job.',
    reason:
      'A rule for names cannot hold what never asks for one; servers of attackers often have no name, or one that was looked up elsewhere.',
    source: 'MITRE ATT&CK T1071, T1095; docs/coverage.md, “Name of a connection”',
    look: 'whose address it is, and whether the program has it built in',
    refuse: 'in the AgentPolicy, `egress.default: Deny`: an address that no `cidr` rule names is then refused',
    grades:
      'Low for other than TCP and UDP. None: in a job in which no answer of a resolver was read, port 53, private addresses, the runner itself.',
    blind: 'Names that are looked up where the sensor cannot read (over TLS or HTTPS, /etc/hosts) look like none.',
    fires: 'a public address that no name led to is found, by how much can be known of names',
    quiet: 'names that are resolved in one step and used in another lead to their addresses',
  },
  'data-in-names': {
    title: 'Data in DNS names',
    severity: 'High',
    category: 'Exfiltration',
    act: 'asked for names below {} that carry data',
    when: 'Labels of 16 characters and more that look like base32, base64url or hex come, below one registered parent, to 160 characters in at least three names, or to more than 52 in one.',
    reason:
      'A resolver passes questions on wherever egress is refused; the name servers of the parent read them. Firewalls for agents list it as open.',
    source:
      'G. Farnham, Detecting DNS Tunneling (SANS, 2013): names over 52 characters; V. Paxson et al., Practical Comprehensive Bounds on Surreptitious Communication over DNS (USENIX Security 2013): judge by domain and volume; gh-aw-firewall, residual risks',
    look: 'the names themselves, on the DNS lookups of the process',
    refuse: 'let pods ask only a resolver that answers for names you allow',
    grades:
      'Medium for a single name. None: names of the cluster and the network itself, questions for the name of an address, UUIDs, words with hyphens.',
    blind: 'Data in words or in short labels; less than a token at a time below many parents; DNS over TLS or HTTPS.',
    fires: 'data in names is found by its volume below one parent',
    quiet: 'the names of clouds, packages and clusters carry no data',
  },
} as const satisfies Readonly<Record<string, Rule>>;
