import { nameAsker, nameCandidates, nameSource, proxyTarget, tlsServerName } from '../../crds/attributes.ts';
import type { Lookup } from '../names/lookup.ts';
import type { Opening } from '../names/opening.ts';
import type { Origin } from '../names/resolved-addresses.ts';
import type { Attributes } from './finished-span.ts';
import { known, printable } from './text.ts';

/** What a connection is called. */
export interface ConnectionName {
  /** The name that its address was resolved from; `null` if none is known, or if it may be one of several. */
  readonly host: string | null;
  readonly attributes: Attributes;
  /** The lookup that the name is from. */
  readonly answer: Lookup | null;
}

/**
 * Names a connection. A name comes from an answer only: what the client itself writes (its TLS server name, its CONNECT) can say anything, so it
 * stands beside, and at most chooses among the names that answers gave the address.
 */
export function nameConnection(origin: Origin | null, opening: Opening | null): ConnectionName {
  const answer = origin === null ? null : choose(origin.lookups, opening);
  return {
    host: answer === null ? null : printable(answer.name),
    attributes: { ...originAttributes(origin, answer), ...openingAttributes(opening) },
    answer,
  };
}

function choose([only, ...others]: readonly Lookup[], opening: Opening | null): Lookup | null {
  if (only === undefined || others.length === 0) return only ?? null;
  return [only, ...others].find(({ name }) => name === opening?.serverName) ?? null;
}

function originAttributes(origin: Origin | null, answer: Lookup | null): Attributes {
  if (origin === null) return {};
  const { lookups, nearness } = origin;
  if (answer === null) return { [nameCandidates]: lookups.map(({ name }) => printable(name)) };
  return { [nameSource]: lookups.length === 1 ? 'dns' : 'tls', [nameAsker]: nearness };
}

function openingAttributes(opening: Opening | null): Attributes {
  if (opening === null) return {};
  const { serverName, proxyTarget: target } = opening;
  return known({
    [tlsServerName]: serverName,
    [proxyTarget]: target === null ? null : `${target.host}:${target.port}`,
  });
}
