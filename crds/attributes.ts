/** The names of the span and resource attributes that are ours; all others are OpenTelemetry's semantic conventions. */

/** Step span: its place in the job, from 1. */
export const stepOrdinal = 'chaperone.step.ordinal';
/** Step span: the step's id in the workflow, such as `build`. */
export const stepId = 'chaperone.step.id';
/** Step span: the action that the step uses, such as `actions/checkout@v4`. */
export const stepUses = 'chaperone.step.uses';
/** Step span: `pre`, `main`, `post`, or `hook` for what the runner runs around the job. */
export const stepStage = 'chaperone.step.stage';
/** Step span: whose word its result is: `exit` of its processes, of the first processes of a pod's containers (`container`), the runner's `log`, the job `message` sealed before the first step. */
export const stepResultSource = 'chaperone.step.result.source';
/** Step span: GitHub's GUID of this run of the step, in the name of its `GITHUB_OUTPUT` file; the same in the runner's pod and the job's pod. */
export const stepInvocation = 'chaperone.step.invocation';
/** Step span: true where no process of it was seen, and the workflow file says that it ran. */
export const stepInferred = 'chaperone.step.inferred';

/** Job span: the policies that select the pod, their mode and the hash of the policy image. */
export const policyName = 'chaperone.policy.name';
export const policyMode = 'chaperone.policy.mode';
export const policyHash = 'chaperone.policy.hash';
/** Job span: why the policy image was not taken, where it was not. */
export const policyError = 'chaperone.policy.error';

/** Resource: the sensor's release, whether its programs watch and enforce, at which tier, and why if they do not. */
export const sensorVersion = 'chaperone.sensor.version';
export const sensorArmed = 'chaperone.sensor.armed';
export const sensorTier = 'chaperone.sensor.tier';
export const sensorReason = 'chaperone.sensor.reason';

/** Job and step span: how many there were, also of those without a span of their own. */
export const stepsCount = 'chaperone.steps.count';
export const processesCount = 'chaperone.processes.count';
export const connectionsCount = 'chaperone.connections.count';
export const hostsCount = 'chaperone.hosts.count';
export const acceptedConnections = 'chaperone.connections.accepted.count';
export const rawSockets = 'chaperone.sockets.raw.count';

/** Job, step and summary span: connections, of either side, that came to nothing or were cut off. */
export const failedConnections = 'chaperone.connections.failed.count';
/** Job, step, connection and summary span: payload of the connections that have ended, without what TCP sent again. */
export const bytesSent = 'chaperone.bytes.sent';
export const bytesReceived = 'chaperone.bytes.received';

/** Connection span: `established`, `refused`, `timed_out`, `reset`, `unreachable`, `failed` or `unknown`. */
export const connectionOutcome = 'chaperone.connection.outcome';
/** Connection span: true where it was still open when the job ended. */
export const connectionOpen = 'chaperone.connection.open';
/** Connection span: how many destinations the socket's bytes, which stand at the first one, went to. */
export const socketDestinations = 'chaperone.socket.destinations';

/** Event of a process span: a raw or ping socket was made; its type (`raw`, `ping`) and IP protocol number. */
export const socketCreated = 'chaperone.socket.create';
export const socketType = 'chaperone.socket.type';
export const socketProtocol = 'chaperone.socket.protocol';
/** Events of a process span: a file was changed, one that gives a secret away was opened for reading, a ring for requests was set up or used. */
export const fileChange = 'chaperone.file.change';
export const fileRead = 'chaperone.file.read';
export const fileUring = 'chaperone.file.uring';
/** Of the last: what was asked for through the ring, such as `openat`. */
export const fileRequest = 'chaperone.file.request';
/** Of such an event: what was done; the other path of a rename or link; `file` (what was really opened) or `argument` (what was asked for). */
export const fileOperation = 'chaperone.file.operation';
export const fileTarget = 'chaperone.file.target';
export const fileSource = 'chaperone.file.source';
/** True where a path is not whole. */
export const fileTruncated = 'chaperone.file.truncated';
/** What kind of secret was read; below /proc, the process whose it is. */
export const fileSecret = 'chaperone.file.secret';
export const fileOwner = 'chaperone.file.owner.pid';

/** Job and step span: changes of files, below the prefixes by operation and by place; reads of secrets. */
export const fileOperationsPrefix = 'chaperone.files.operations.';
export const fileChangesPrefix = 'chaperone.files.changes.';
export const fileChangesCount = 'chaperone.files.changes.count';
export const fileSecretsCount = 'chaperone.files.secrets.count';
/** Job span: `yes` where changes of files were seen, `pending` where the policy asks for it from the next pod on, else `no`. */
export const filesWatched = 'chaperone.files.watched';
export const filesUnwatchedReason = 'chaperone.files.unwatched.reason';

/** Process, step and job span: events that found no room on their process's span, or no such span. */
export const eventsUntold = 'chaperone.events.untold';

/** Process span: what was executed where that is more than a file by its path: `memfd`, `unlinked`, `script`, `descriptor`, `secure`, `loader`. */
export const processExecution = 'chaperone.process.execution';
/** Process span: the script that the executable interprets; the program that it loads, being a loader. */
export const processScript = 'chaperone.process.script';
export const processProgram = 'chaperone.process.program';
/** Process span: bytes of the arguments that are not known. */
export const processUnknownArguments = 'chaperone.process.args.unknown_bytes';
/** Process span of no step: `runner` started it, `exec` (it entered the pod from outside), `container` (of another one), `before` the sensor. */
export const processOrigin = 'chaperone.process.origin';
/** Process span (of the last image of a process), step and job span: CPU time in seconds of what has ended, and the most bytes that one process had. */
export const cpuUser = 'chaperone.cpu.user';
export const cpuSystem = 'chaperone.cpu.system';
export const memoryPeak = 'chaperone.memory.peak';
/**
 * Event of a process span: it took more or other rights. It became another user or group, or its effective capabilities changed, by a `call` or an
 * `executable` (the cause); or it loaded a kernel `module` or a `bpf` program, or left `namespaces` of its parent (the act).
 */
export const privilegeChange = 'chaperone.privilege.change';
export const privilegeCause = 'chaperone.privilege.cause';
export const privilegeAct = 'chaperone.privilege.act';
/** Of that event: the module's or the program's name, the program's type (enum bpf_prog_type), the kinds of namespace. */
export const privilegeName = 'chaperone.privilege.name';
export const privilegeBpfType = 'chaperone.privilege.bpf.type';
export const privilegeNamespaces = 'chaperone.privilege.namespaces';
/** Job and step span: how many such changes there were. */
export const privilegeChanges = 'chaperone.privilege.changes.count';

/** Event of a process span: it reached into the memory of another process, told once for each target and way. */
export const memoryAccess = 'chaperone.memory.access';
/** Of that event: `ptrace`, `process_vm_readv`, `process_vm_writev`, `/proc/PID/mem`, `pidfd_getfd` or `other`; whether the kernel refused it. */
export const memoryWay = 'chaperone.memory.way';
export const memoryDenied = 'chaperone.memory.denied';
export const memoryTargetPid = 'chaperone.memory.target.pid';
/** Instead of the pid, where only a system call told of it: its number in the pid namespace of the one that reached. */
export const memoryTargetVpid = 'chaperone.memory.target.vpid';
export const memoryTargetExecutable = 'chaperone.memory.target.executable';
/** Job and step span: how many such events there were. */
export const memoryAccesses = 'chaperone.memory.accesses.count';

/** Step and job span: DNS questions, each message; job span: distinct names that they asked for, as far as 32,768. */
export const questionsCount = 'chaperone.dns.questions.count';
export const namesCount = 'chaperone.names.count';

/** Connection span: how `server.address` was found: `dns`, or `tls` where the TLS server name chose among several names of the address. */
export const nameSource = 'chaperone.name.source';
/** Connection span: whose lookup that was: the `process` itself, the nearest `ancestor`, or another one of the `step`. */
export const nameAsker = 'chaperone.name.asker';
/** Connection span without a name: the names of which it may be any. */
export const nameCandidates = 'chaperone.name.candidates';
/** Connection span: what the client itself wrote, which may be anything: TLS server name, target of an HTTP CONNECT as `host:port`. */
export const tlsServerName = 'chaperone.tls.server_name';
export const proxyTarget = 'chaperone.proxy.target';
/** DNS lookup span and `dns.answer` event: the address that was asked; lookup span: the answer's response code by IANA's name. */
export const dnsResolver = 'chaperone.dns.resolver';
export const dnsResponseCode = 'chaperone.dns.response_code';

/** Job span: whether everything that happened was seen; below the prefix, by kind of event, what was produced, delivered, lost and folded. */
export const coverageComplete = 'chaperone.coverage.complete';
export const coveragePrefix = 'chaperone.coverage.';

/**
 * Finding span, beside `security_rule.*`: how bad it is, what it is about (`file`, `host`, `name`, `process`, `sensor` or `policy`, and which), the
 * processes from the step's first to the one that did it, and the paragraph for people.
 */
export const findingSeverity = 'chaperone.finding.severity';
export const findingSubjectKind = 'chaperone.finding.subject.kind';
export const findingSubject = 'chaperone.finding.subject.name';
export const findingProcesses = 'chaperone.finding.processes';
export const findingText = 'chaperone.finding.text';
/**
 * Finding span, where a coding agent's tool call did it: the agent, its tool, the redacted command and the agent's id of the call. Not `gen_ai.*`,
 * which would draw the finding itself as a tool call.
 */
export const findingAgent = 'chaperone.finding.agent.name';
export const findingTool = 'chaperone.finding.tool.name';
export const findingToolCommand = 'chaperone.finding.tool.command';
export const findingToolCallId = 'chaperone.finding.tool.call.id';
/** Job and step span: findings, below the prefix by severity; `repeated` beside them, and those that were only counted by rule. */
export const findingsPrefix = 'chaperone.findings.';
/** Job span: what the detectors of findings forgot for want of room, so that they may have missed something. */
export const findingsForgotten = 'chaperone.coverage.findings.forgotten';

/** Job span: of the findings that people were to be told, below the prefix: `delivered`, `waiting` when the span was made, `dropped` and by which `cause`. */
export const findingsCoveragePrefix = 'chaperone.coverage.findings.';

/** Any span with events: how many more found no room in it. */
export const eventsShed = 'chaperone.events.shed';
/** Job and step span: events that found no room in their spans. */
export const foldedEvents = 'chaperone.coverage.folded.events';
/** Job span: executions of coding agents beyond the runs that a job tells of. */
export const foldedAgents = 'chaperone.coverage.folded.agents';
/** Job span: what the kernel let the sensor see: `blind`, `tracepoint`, `trampoline` or `lsm` (docs/coverage.md). */
export const coverageTier = 'chaperone.coverage.tier';

/** Tool span, and agent span of a sub-agent: who tells of it: the `kernel`, the `agent`, or `both`. */
export const agentSource = 'chaperone.agent.source';
/** Agent span: calls of any tool that the agent told of itself. */
export const agentToolCallsTold = 'chaperone.agent.tool_calls.told';
/** Tool span: what the agent told of it, where that is not what the kernel saw. */
export const agentToldCommand = 'chaperone.agent.told.command';
export const agentToldExitCode = 'chaperone.agent.told.exit_code';
/** Job span: words of agents that came after the span that they belong to had been given. */
export const agentWordsLate = 'chaperone.agent.words.late';
/** Agent and tool span: told from processes alone, not from the agent's own word. */
export const agentInferred = 'chaperone.agent.inferred';
/** Server span: the MCP server's package, else its script or program. */
export const mcpServer = 'chaperone.agent.mcp.server';
/** Agent span: what says that it is one: its `program`, the `policy`, or that it bears the name and behaves so (`behavior`). */
export const agentEvidence = 'chaperone.agent.evidence';
/** Job and step span: the agents that ran, each once. */
export const agentNames = 'chaperone.agent.names';
/** Tool span: the command, without what the agent puts around it. */
export const agentCommand = 'chaperone.agent.command';
/** Tool span: by the agent's word, the sub-agent that asked for the command. */
export const agentThread = 'chaperone.agent.thread.id';
/** Agent and tool span: names, else addresses, that its processes connected to, 32 at most. */
export const agentHosts = 'chaperone.agent.hosts';
/** Agent span: its tool calls, those among them that have no span, and processes that still ran when it ended. Job and step span: sessions and tool calls. */
export const agentToolCalls = 'chaperone.agent.tool_calls.count';
export const agentToolCallsUntold = 'chaperone.agent.tool_calls.untold';
export const agentLeftRunning = 'chaperone.agent.left_running.count';
export const agentSessions = 'chaperone.agent.sessions.count';
