import * as ours from '../../crds/attributes.ts';
import { type SpanClass, spanClasses } from '../export/span-class.ts';

/** Where an attribute stands: spans of a class (summaries are of the class of what they sum up), the resource, or an event. */
export type Carrier = SpanClass | 'resource' | 'event';

export interface RegisteredAttribute {
  /** `*` stands for one or more words. */
  readonly name: string;
  readonly on: readonly Carrier[];
  readonly type: 'string' | 'number' | 'boolean' | 'string[]';
  /** For docs/spans.md. */
  readonly meaning: string;
  /** The test that brings it about, where the scenario of all kinds does not. */
  readonly shownBy?: string;
}

type Row = readonly [name: string, on: string, type: RegisteredAttribute['type'], meaning: string, shownBy?: string];

const task = 'job step';
const net = 'connection accept';

/** Every attribute that leaves a pod. Names without `chaperone.` are OpenTelemetry's semantic conventions 1.44, but for `aggregation.*` (the collector's span pruning). */
const rows: readonly Row[] = [
  ['service.name', 'resource', 'string', 'the repository; of a command its folder, of a pod without one the pod'],
  ['service.namespace', 'resource', 'string', "the repository's owner"],
  ['cicd.pipeline.name', 'resource', 'string', 'the workflow'],
  ['cicd.pipeline.run.id', 'resource', 'string', "GitHub's id of the run"],
  ['cicd.pipeline.run.url.full', 'resource', 'string', 'its page'],
  ['cicd.worker.name', 'resource', 'string', 'the runner'],
  ['vcs.provider.name', 'resource', 'string', '`github`'],
  ['vcs.owner.name', 'resource', 'string', "the repository's owner"],
  ['vcs.repository.name', 'resource', 'string', 'the repository'],
  ['vcs.repository.url.full', 'resource', 'string', 'its address'],
  ['vcs.ref.head.name', 'resource', 'string', 'the branch or tag'],
  ['vcs.ref.head.type', 'resource', 'string', '`branch` or `tag`'],
  ['vcs.ref.head.revision', 'resource', 'string', 'the commit'],
  ['vcs.change.id', 'resource', 'string', 'the number of the pull request'],
  ['k8s.namespace.name', 'resource', 'string', "the pod's namespace; set by the gateway, as the other three"],
  ['k8s.pod.name', 'resource', 'string', 'the pod'],
  ['k8s.pod.uid', 'resource', 'string', 'its uid'],
  ['k8s.node.name', 'resource', 'string', 'its node'],
  [ours.sensorVersion, 'resource', 'string', "the sensor's release"],
  [ours.sensorArmed, 'resource', 'boolean', 'every hook was proved by effect before the job began'],
  [ours.sensorTier, 'resource', 'string', 'what this kernel lets the sensor see: see `chaperone doctor`'],
  [ours.sensorReason, 'resource', 'string', 'why it is not armed, one sentence'],

  ['cicd.pipeline.task.name', task, 'string', 'the name of the job or step, secrets removed'],
  [
    'cicd.pipeline.task.run.id',
    task,
    'string',
    "GitHub's id of the job, or the job's key; of a step, followed by its ordinal",
  ],
  ['cicd.pipeline.task.run.url.full', 'job', 'string', "the job's page"],
  [
    'cicd.pipeline.task.run.result',
    task,
    'string',
    '`success`, `failure`, `error`, `cancellation` or `skip`, by the engine, else by the exit code',
  ],
  [
    'error.type',
    `${task} process ${net} dns`,
    'string',
    'why it failed: the result, or `command_not_found` or `command_not_executable` of a command that was never executed; the exit code of a step’s own process, the signal, the error of the connection, the response code',
  ],
  [ours.stepOrdinal, 'step', 'number', 'its place in the job, from 1'],
  [ours.stepId, 'step', 'string', 'its id in the workflow'],
  [ours.stepUses, 'step', 'string', 'the action that it uses'],
  [ours.stepStage, 'step', 'string', '`pre`, `main`, `post`, or `hook` around the job'],
  [
    ours.stepResultSource,
    'step',
    'string',
    "whose word the result is: its processes' `exit`, of a plain pod the exits of the first processes of its containers (`container`), the runner's `log` (which can only make it worse), the job `message` sealed before the first step",
  ],
  [
    ours.stepInvocation,
    'step',
    'string',
    "GitHub's GUID of this run of the step (its `GITHUB_OUTPUT` file), the same in the runner's pod and the job's pod",
    'sensor/engines/github-job-pod/github-job-pod.test.ts',
  ],
  [
    ours.stepInferred,
    'step',
    'boolean',
    'no process of it was seen, and the workflow says that it ran',
    'sensor/commands/run-act.test.ts',
  ],
  [ours.policyName, 'job', 'string', 'the AgentPolicies that select the pod'],
  [ours.policyMode, 'job', 'string', '`Audit` or `Enforce`'],
  [ours.policyHash, 'job', 'string', 'the policy that was in force'],
  [ours.policyError, 'job', 'string', 'why a newer one was not taken'],
  [ours.stepsCount, 'job', 'number', 'steps, without those nested in composites'],
  [ours.processesCount, task, 'number', 'executions, also those without a span'],
  [ours.connectionsCount, task, 'number', 'connections asked for, also those without a span'],
  [ours.acceptedConnections, task, 'number', 'connections from outside'],
  [
    ours.failedConnections,
    `${task} ${net}`,
    'number',
    'connections that came to nothing or were cut off; of a summary those in it',
  ],
  [ours.hostsCount, 'job', 'number', 'distinct addresses that were connected to'],
  [ours.bytesSent, `${task} ${net}`, 'number', 'payload of the connections that have ended'],
  [ours.bytesReceived, `${task} ${net}`, 'number', 'payload of the connections that have ended'],
  [ours.rawSockets, task, 'number', 'raw and ping sockets'],
  [ours.questionsCount, task, 'number', 'DNS questions'],
  [ours.namesCount, 'job', 'number', 'distinct names that they asked for'],
  [ours.privilegeChanges, task, 'number', 'changes of user, group or capabilities'],
  [ours.cpuUser, `${task} process`, 'number', 'CPU time in user mode, seconds, of what has ended'],
  [ours.cpuSystem, `${task} process`, 'number', 'CPU time in the kernel, seconds, of what has ended'],
  [
    'chaperone.findings.*',
    task,
    'number',
    'findings by severity: `critical`, `high`, `medium`, `low`, `info`; `repeated`: the same again; `folded.*`: by rule, those beyond 200',
  ],
  [
    ours.findingsForgotten,
    'job',
    'number',
    'what detectors of findings forgot for want of room',
    'sensor/findings/changes.test.ts',
  ],
  [ours.memoryPeak, `${task} process`, 'number', 'the most memory that one process had, bytes'],
  [
    ours.filesWatched,
    'job',
    'string',
    '`yes` where changes of files were seen, `pending` from the next pod on, else `no`',
  ],
  [ours.filesUnwatchedReason, 'job', 'string', 'why they were not, one sentence'],
  [ours.fileChangesCount, task, 'number', 'changes of files'],
  [
    `${ours.fileChangesPrefix}*`,
    task,
    'number',
    'of these, by place: `workspace`, `home`, `temporary`, `tools`, `asked`, `other`, `repeated`',
  ],
  [`${ours.fileOperationsPrefix}*`, task, 'number', 'of these, by operation'],
  [ours.fileSecretsCount, task, 'number', 'files that give secrets away and were read'],
  [ours.memoryAccesses, task, 'number', "accesses to other processes' memory"],
  [
    ours.coverageTier,
    'job',
    'string',
    'what the kernel let the sensor see: `blind`, `tracepoint`, `trampoline` or `lsm`',
  ],
  [ours.coverageComplete, 'job', 'boolean', 'nothing that happened is missing from the account'],
  ['chaperone.coverage.produced.*', 'job', 'number', 'events that the kernel programs made, by kind'],
  ['chaperone.coverage.delivered.*', 'job', 'number', 'of these, what reached the sensor'],
  ['chaperone.coverage.lost.*', 'job', 'number', 'of these, what found no room on the way'],
  ['chaperone.coverage.cause.*', 'job', 'number', 'what is missing, by cause, such as `ring`, `queue`, `restart`'],
  [
    'chaperone.coverage.folded.*',
    task,
    'number',
    'what is told in summaries or counts instead of one by one: `processes`, `connections`, `lookups`, `events`',
  ],
  ['chaperone.coverage.gaps', 'job', 'number', "numbers missing in the kernel's sequences"],
  ['chaperone.coverage.unaccounted', 'job', 'number', 'produced, and neither delivered nor counted as lost'],
  ['chaperone.coverage.shed', 'job', 'number', 'processes that found no room in a table'],
  ['chaperone.coverage.unattributed', 'job', 'number', 'processes of a step whose beginning was not seen'],
  ['chaperone.coverage.unfollowed', 'job', 'number', 'connections whose end was not followed for want of room'],
  ['chaperone.coverage.left', 'job', 'number', 'processes that left the observed cgroup'],
  [
    'chaperone.coverage.detached',
    'job',
    'number',
    'programs of the sensor that somebody detached, for which it takes `CAP_SYS_ADMIN`; only where there are any',
  ],
  ['chaperone.coverage.outside', 'job', 'number', 'events of the pod outside of any job'],
  ['chaperone.coverage.restarts', 'job', 'number', 'how often the sensor was started again'],
  [
    'chaperone.coverage.interruptions',
    'job',
    'number',
    'how often nobody watched, since the probe ended and another one began; only where it happened',
  ],
  [
    'chaperone.coverage.unanswered',
    'job',
    'number',
    'how often the probe did not say whether it had told everything; only where it happened',
  ],
  ['chaperone.coverage.undecoded', 'job', 'number', 'frames of the probe not understood; only where there are any'],
  [
    'chaperone.coverage.names.*',
    'job',
    'number',
    'DNS messages that were not asked for or not readable, and names forgotten for want of room',
  ],
  ['chaperone.coverage.spans.*', 'job', 'number', 'spans `given` for this job, and what became of them'],

  ['process.executable.name', 'process', 'string', 'the file that really ran, without its folder'],
  ['process.executable.path', 'process', 'string', 'the same with its folder'],
  ['process.pid', 'process', 'number', 'in the initial pid namespace'],
  ['process.vpid', 'process', 'number', 'in its own pid namespace'],
  ['process.parent_pid', 'process', 'number', "its parent's"],
  ['process.command_args', 'process', 'string[]', 'at most 32 arguments and 1,024 characters, secrets removed'],
  ['process.args_count', 'process', 'number', 'how many there are, where not all are shown'],
  [ours.processUnknownArguments, 'process', 'number', 'bytes of the arguments that are not known'],
  ['process.working_directory', 'process', 'string', 'where it was started'],
  ['process.exit.code', 'process', 'number', 'left out where a signal ended it'],
  ['process.user.id', 'process', 'number', 'the effective user'],
  ['process.real_user.id', 'process', 'number', 'where it is another'],
  ['process.saved_user.id', 'process', 'number', 'where it is another'],
  ['process.creation.time', 'process', 'string', 'when it was executed'],
  [
    ours.processExecution,
    'process',
    'string[]',
    'what was executed where that is more than a file: `memfd`, `unlinked`, `script`, `descriptor`, `secure`, `loader`',
  ],
  [ours.processScript, 'process', 'string', 'the script that the executable interprets'],
  [ours.processProgram, 'process', 'string', 'the program that a loader was called for'],
  [
    ours.processOrigin,
    'process',
    'string',
    'where a process of no step comes from: `runner`, `exec`, `container`, `before`',
  ],
  [
    ours.eventsUntold,
    `${task} process`,
    'number',
    "events that found no room on their process's span, or no such span",
  ],
  [ours.eventsShed, 'process connection accept', 'number', 'events that the budget left out of this span'],
  ['aggregation.is_summary', `process ${net}`, 'boolean', 'the span stands for several of its name'],
  ['aggregation.span_count', `process ${net}`, 'number', 'for how many'],
  ['aggregation.duration_*_ns', `process ${net}`, 'number', '`min`, `max`, `avg` and `total` of their durations'],

  [
    'server.address',
    net,
    'string',
    'the name that the address was resolved from, else the address; of a unix socket its path',
  ],
  ['server.port', net, 'number', 'its port'],
  ['client.address', 'accept', 'string', 'who connected'],
  ['client.port', 'accept', 'number', 'its port'],
  ['network.transport', net, 'string', '`tcp`, `udp` or `unix`'],
  ['network.type', net, 'string', '`ipv4` or `ipv6`'],
  ['network.peer.address', net, 'string', 'the address on the other side'],
  ['network.peer.port', net, 'number', 'its port'],
  [
    ours.connectionOutcome,
    net,
    'string',
    '`established`, `refused`, `timed_out`, `reset`, `unreachable`, `failed` or `unknown`',
  ],
  [ours.connectionOpen, net, 'boolean', 'it was still open when the job ended'],
  [ours.socketDestinations, net, 'number', "how many destinations the socket's bytes went to"],
  [ours.nameSource, 'connection', 'string', '`dns`, or `tls` where the TLS server name chose among several'],
  [ours.nameAsker, 'connection', 'string', 'whose lookup it was: `process`, `ancestor` or `step`'],
  [ours.nameCandidates, 'connection', 'string[]', 'the names of which it may be any'],
  [ours.tlsServerName, 'connection', 'string', 'the server name that the client wrote, which may be anything'],
  [ours.proxyTarget, 'connection', 'string', 'the target of an HTTP CONNECT'],

  ['dns.question.name', 'dns event', 'string', 'the name that was asked for'],
  ['dns.answers', 'dns event', 'string[]', 'the addresses of the answer'],
  [ours.dnsResolver, 'dns event', 'string', 'who was asked'],
  [ours.dnsResponseCode, 'dns', 'string', "the answer's code by IANA's name"],
  [ours.privilegeAct, 'event', 'string', '`module`, `bpf` or `namespaces`'],
  [ours.privilegeName, 'event', 'string', "the module's or the program's name"],
  [ours.privilegeBpfType, 'event', 'number', "the program's type"],
  [ours.privilegeNamespaces, 'event', 'string[]', 'the kinds of namespace that it left'],
  [
    ours.memoryWay,
    'event',
    'string',
    '`ptrace`, `process_vm_readv`, `process_vm_writev`, `/proc/PID/mem`, `pidfd_getfd` or `other`',
  ],
  [ours.memoryDenied, 'event', 'boolean', 'the kernel refused it'],
  [ours.memoryTargetPid, 'event', 'number', 'whose memory'],
  [
    ours.memoryTargetVpid,
    'event',
    'number',
    'instead, where only a system call told of it: its number in the pid namespace of the one that reached',
    'sensor/spans/reach-note.test.ts',
  ],
  [ours.memoryTargetExecutable, 'event', 'string', 'what runs there'],
  [ours.privilegeCause, 'event', 'string', '`call` or `executable`'],
  ['chaperone.privilege.capabilities.*', 'event', 'string[]', '`gained` and `lost`'],
  ['chaperone.privilege.real_*', 'event', 'number', 'real user or group, before and after'],
  ['chaperone.privilege.effective_*', 'event', 'number', 'effective user or group, before and after'],
  ['chaperone.privilege.user_namespace.level', 'event', 'number', 'how deep the user namespace is'],
  [ours.socketType, 'event', 'string', '`raw` or `ping`'],
  [ours.socketProtocol, 'event', 'number', 'the IP protocol'],
  ['file.path', 'event', 'string', 'the file'],
  [ours.fileOperation, 'event', 'string', '`create`, `write`, `read`, `rename`, `delete`, …'],
  [ours.fileTarget, 'event', 'string', 'the other path of a rename or link'],
  [ours.fileSource, 'event', 'string', '`file` (what was really opened) or `argument` (what was asked for)'],
  [
    ours.fileRequest,
    'event',
    'string',
    'what it asked for through a ring, such as `openat`; none where it only set it up',
  ],
  [ours.fileTruncated, 'event', 'boolean', 'a path is not whole'],
  [ours.fileSecret, 'event', 'string', 'what kind of secret was read'],
  [ours.fileOwner, 'event', 'number', 'below /proc, the process whose it is'],
  ['chaperone.count', 'event finding', 'number', 'how often the same happened'],

  ['security_rule.name', 'finding', 'string', 'the rule, by which [findings.md](findings.md) tells it'],
  ['security_rule.ruleset.name', 'finding', 'string', '`chaperone`'],
  ['security_rule.category', 'finding', 'string', "MITRE ATT&CK's tactic"],
  ['security_rule.description', 'finding', 'string', "the rule's title"],
  [ours.findingSeverity, 'finding', 'string', '`Info`, `Low`, `Medium`, `High` or `Critical`'],
  [ours.findingSubjectKind, 'finding', 'string', '`file`, `host`, `name`, `process`, `sensor` or `policy`'],
  [ours.findingSubject, 'finding', 'string', 'which one'],
  [ours.findingProcesses, 'finding', 'string[]', "names from the step's first process to the one that did it"],
  [ours.findingText, 'finding', 'string', 'who, what, where, what to look at, how to refuse it: for people'],
];

export const registry: readonly RegisteredAttribute[] = rows.map(([name, on, type, meaning, shownBy]) => ({
  name,
  on: on.split(' ') as Carrier[],
  type,
  meaning,
  ...(shownBy === undefined ? {} : { shownBy }),
}));

/** The names of events, each with what it says and the class of its span. */
export const registeredEvents: Readonly<
  Record<string, { readonly on: readonly SpanClass[]; readonly meaning: string }>
> = {
  'dns.answer': { on: ['connection'], meaning: 'the answer that the address came from' },
  [ours.fileChange]: { on: ['process'], meaning: 'it changed a file' },
  [ours.fileRead]: { on: ['process'], meaning: 'it read a file that gives a secret away' },
  [ours.fileUring]: {
    on: ['process'],
    meaning: 'it set up a ring for requests (io_uring), or asked for files through it, which is not followed further',
  },
  [ours.privilegeChange]: {
    on: ['process'],
    meaning:
      'it became another user or group, its capabilities changed, it loaded a module or program, or left a namespace',
  },
  [ours.memoryAccess]: { on: ['process'], meaning: 'it reached into the memory of another process' },
  [ours.socketCreated]: { on: ['process'], meaning: 'it made a raw or ping socket' },
};

export const carriers: readonly Carrier[] = ['resource', ...spanClasses, 'event'];
