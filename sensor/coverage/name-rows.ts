import type { CoverageRow } from './row.ts';

const dns = { subject: 'Name asked for', event: 'dns', sight: 'seen' } as const;
const connection = { subject: 'Name of a connection', event: 'dns', sight: 'seen' } as const;
const opening = { subject: 'Name that a client writes', event: 'opening', sight: 'seen' } as const;
const unseen = { event: null, sight: 'not seen', test: null } as const;

/** What processes call those whom they connect to. */
export const nameRows: readonly CoverageRow[] = [
  {
    ...dns,
    path: 'UDP to port 53, IPv4 and IPv6, connected or not',
    test: 'questions and answers are told with their bytes and whose socket it was, once, and from the side that asks',
    note: 'Of a message the first 4 KiB. A resolver on loopback (systemd-resolved, Docker’s) is one like any other: the process that asks it is the asker.',
  },
  {
    ...dns,
    path: 'several datagrams in one packet (UDP_SEGMENT, UDP_GRO)',
    sight: { seen: 'those in the first 4 KiB of the packet, the others counted' },
    test: 'questions that pass through the kernel as one packet are told each',
  },
  {
    ...dns,
    path: 'TCP to port 53',
    test: 'messages of a TCP stream are read however segments cut them, come twice or before their turn',
    note: 'Of a packet the first 4 KiB. What could not be read is counted on the job’s span.',
  },
  {
    ...dns,
    path: 'no such name, server failure',
    test: 'a name that does not exist, and one whose server fails, are lookups with the reason',
  },
  { ...dns, ...unseen, path: 'over TLS, HTTPS, or another port', note: 'The connection to the resolver is seen.' },
  {
    ...dns,
    ...unseen,
    path: 'by a daemon that others ask (nscd, nss-resolve)',
    note: 'In the pod it is the asker itself; its clients’ connections bear addresses.',
  },
  { ...dns, ...unseen, path: 'packets with IPv6 extension headers' },
  {
    ...connection,
    path: 'resolved by the process, or one above it',
    test: 'a connection is called by the name that its process resolved, with the answer as an event',
  },
  {
    ...connection,
    path: 'resolved by another process of the step',
    test: 'a shell whose child resolves and whose other child connects is told by the step',
    note: '`chaperone.name.asker` says so.',
  },
  {
    ...connection,
    path: 'one of several names of the address',
    sight: { seen: 'as candidates, unless the TLS server name is one of them' },
    test: 'a TLS name chooses among several names of the address, and cannot rename a connection',
  },
  {
    ...connection,
    path: 'a forged answer',
    sight: { seen: 'as a count, and names nothing' },
    test: 'a forged answer names nothing: wrong id, another name, another socket, another owner',
    note: 'A job that runs its own resolver decides what that says; `chaperone.dns.resolver` is on every answer.',
  },
  {
    ...connection,
    ...unseen,
    path: 'from /etc/hosts, or an address as such',
    note: 'Such connections bear addresses.',
  },
  {
    ...opening,
    path: 'TLS server name',
    sight: { seen: 'where the first payload holds the hello whole' },
    test: 'a real client names its server in its first bytes',
    note: 'Of the first payload 2 KiB are read.',
  },
  {
    ...opening,
    path: 'target of a proxy’s CONNECT',
    test: 'a CONNECT tells its target: a name, an address, an address in brackets',
  },
  {
    ...opening,
    ...unseen,
    path: 'a hello in pieces, encrypted (ECH), within a proxy’s tunnel, or over multipath TCP or QUIC',
  },
];
