import * as ours from '../../../crds/attributes.ts';
import type { Row } from './row.ts';

/** Events of spans. */
export const ofEvents: readonly Row[] = [
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
];
