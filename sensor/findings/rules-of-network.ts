import type { Rule } from './rule.ts';

export const networkRules = {
  'reverse-shell': {
    title: 'Reverse shell',
    severity: 'Critical',
    category: 'Command and Control',
    act: 'takes its commands from {}',
    when: 'A shell or another interpreter is executed without a program, and its standard input is a socket of IPv4 or IPv6 (`bash -i >& /dev/tcp/…`, `nc -e sh`, Python’s dup2); or it reads from a pipe and writes to such a socket; or it reads from a pipe and writes to one whose reader connects, and what the reader says leads back (`cat fifo | sh -i | nc … > fifo`); or its terminal, or the pipes or sockets at both its ends, are ones that the process which started it made, and that process connects to a host (Python’s pty, socat, Node’s `spawn`). Or another program is executed with one as its input and its output, below a process that connected to a host, as a shell under another name or each command of a loop is; or a shell that connected itself (`/dev/tcp/…`) starts a program with its output there, and another one that reads from it.',
    reason: 'Whoever sits at the other end works in the job with all that it may do.',
    source: 'MITRE ATT&CK T1059.004, T1095; the kernel’s own file behind descriptor 0 at the execution',
    look: 'the address, what the shell started, and how the process that started it came into the job',
    refuse: 'in the AgentPolicy, `egress.default: Deny` with rules for the hosts the job needs',
    grades:
      'High where pipes lead to the network and back, at a terminal, and for a program of the job’s own (not of the system’s folders, in memory, or without a name); Medium for one of the system, for what a shell says into its connection, and where a shell that is not interactive lies between pipes of its parent, which may only want its answer; Low where a coding agent holds the shell. None: sockets of this machine whose other end goes nowhere, terminals, shells with a script or `-c`, and version control.',
    blind:
      'A program that reads the connection itself and does what a shell would (`while read line <&3; do eval "$line"; done`; a loop that runs each line by `sh -c`), or hands it to a shell through a further process.',
    fires: 'a shell whose standard input is the network is found, and one between pipes that lead there',
    quiet: 'shells with scripts, terminals, pipes and sockets of this machine are no reverse shells',
  },
  'piped-download': {
    title: 'Download piped into an interpreter',
    severity: 'Medium',
    category: 'Execution',
    act: 'executed what came through a pipe from {}',
    when: 'A shell or another interpreter is executed without a program, its standard input is a pipe, and what was executed with the other end of that pipe (through at most four filters) connects to a host, or reads from a socket; or what started the interpreter connected to a host and feeds it itself (`subprocess.run("sh", input=…)`); or the interpreter reads `/dev/fd/N` beside such a download (`bash <(curl …)`), or a pipe that only its parent writes (`echo "$(curl …)" | sh`), or is given a text that begins with `#!`; or the text that a shell was given (`-c`, as coding agents do) says to execute one (`eval "$(curl …)"`, `bash -c "$(curl …)"`, `source <(curl …)`).',
    reason:
      'Codecov’s uploader was changed on its server, and 29,000 pipelines ran `bash <(curl …)`: what runs was never reviewed, and can be another for each caller.',
    source: 'Codecov, post-mortem of April 2021; MITRE ATT&CK T1059.004, T1105',
    look: 'what the interpreter started, and what that changed',
    refuse: 'download to a file, compare its checksum, then run it; or take the tool from a package of a fixed version',
    grades: 'Low from a private address, and into a shell that a coding agent writes to.',
    blind:
      'A download to a file that is then run, or that `xargs` passes on; a program that itself reads and runs it (`curl … | while read line; do eval …`, Python’s `exec`); `bash -c "$(curl …)"`, `eval` and `source <(curl …)` in a script’s file, as a step of a workflow is one: no interpreter is executed to read it.',
    fires: 'what is downloaded into an interpreter is found by the pipe between them, whoever is first',
    quiet: 'pipes into interpreters with a program, and from what only stays on this machine, are no finding',
  },
  'credentials-sent': {
    title: 'Credentials read, then a new host',
    severity: 'High',
    category: 'Exfiltration',
    act: 'connected to {}',
    when: 'A file of credentials is read, renamed or linked by a program that it is not for, and afterwards the reader, something below it, something that the same parent started (or whoever takes what `find`, `xargs` or `sudo` says for it), or another command of the same coding agent connects to a host that nothing in the job had connected to; or the reader was executed with a connection as its output (`cat ~/.npmrc > /dev/tcp/…`).',
    reason:
      'Sha1-Hulud, the Nx and the axios compromise collected `.npmrc`, cloud and SSH keys and carried them to a host that the build had never used.',
    source:
      'CISA alert on Shai-Hulud (September 2025); Nx post-mortem GHSA-cxm3-wv7p-598c; MITRE ATT&CK T1552.001, T1041',
    look: 'the process that read the file and the one that connected, and how much was sent; change the credential',
    refuse:
      'in the AgentPolicy, `egress.default: Deny` with rules for the hosts the job needs, and short-lived credentials (OIDC) instead of files',
    grades:
      'Medium where only a later command of the step’s own script, or of the same agent, connects, and no pipe leads to it; Low to private addresses. None: a file read by its own tool (`.npmrc` by npm, …), cloud and registry credentials on the way to their own provider, loopback, port 53.',
    blind:
      'A host that the job uses anyway, such as the forge itself. What the file’s own tool is told to send (`curl -d @$HOME/.netrc`). Data that is kept in a file for a later step. The token that a checkout leaves in `.git/config`, and the credentials of coding agents. Secrets of the step’s own environment, which no file holds (`env | curl …`).',
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
    blind:
      'Data in words or in labels of fewer than 16 characters, however many; less than a token at a time below many parents; DNS over TLS or HTTPS.',
    fires: 'data in names is found by its volume below one parent',
    quiet: 'the names of clouds, packages and clusters carry no data',
  },
} as const satisfies Readonly<Record<string, Rule>>;
