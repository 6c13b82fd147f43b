import { dnsResolver, dnsResponseCode } from '../../crds/attributes.ts';
import type { Lookup } from '../names/lookup.ts';
import type { FinishedSpan, SpanEvent } from './finished-span.ts';
import type { Placement } from './process-span.ts';
import { known, maxName, printable } from './text.ts';

/** A lookup that failed, or that no connection followed. */
export function lookupSpan(at: Placement, lookup: Lookup, offset: bigint): FinishedSpan {
  const response = lookup.rcode === null ? null : responseName(lookup.rcode);
  const failure = lookup.rcode === 0 ? null : response;
  return {
    ...at,
    name: printable(`DNS lookup ${lookup.name}`, maxName),
    kind: 'internal',
    start: lookup.start + offset,
    end: lookup.end + offset,
    attributes: known({ ...answerAttributes(lookup), [dnsResponseCode]: response, 'error.type': failure }),
    events: [],
    links: [],
    error: failure === null ? null : {},
    priority: false,
  };
}

/** On a connection: the answer that its address came from. */
export function answerEvent(lookup: Lookup, offset: bigint): SpanEvent {
  return { name: 'dns.answer', time: lookup.end + offset, attributes: known(answerAttributes(lookup)) };
}

function answerAttributes({ name, addresses, resolver }: Lookup) {
  return {
    'dns.question.name': printable(name),
    'dns.answers': addresses.size === 0 ? null : [...addresses],
    [dnsResolver]: resolver,
  };
}

/** IANA's names of the DNS RCODEs that fit in the header. */
const responseNames = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'];

function responseName(code: number): string {
  return responseNames[code] ?? `RCODE${code}`;
}
