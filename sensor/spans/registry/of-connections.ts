import * as ours from '../../../crds/attributes.ts';
import { net, type Row } from './row.ts';

/** Connections, those from outside, and DNS lookups. */
export const ofConnections: readonly Row[] = [
  [
    'server.address',
    net,
    'string',
    'the name that the address was resolved from, else the address; of a unix socket its path',
  ],
  ['server.port', net, 'number', 'its port'],
  ['client.address', 'accept', 'string', 'who connected'],
  ['client.port', 'accept', 'number', 'its port'],
  ['network.transport', `${net} mcp`, 'string', '`tcp`, `udp` or `unix`; of an MCP server `pipe`'],
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
];
