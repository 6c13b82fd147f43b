import type { ConnectEvent } from '../decode/socket-events.ts';
import type { Lookup } from '../names/lookup.ts';
import type { Origin } from '../names/resolved-addresses.ts';
import type { Contact, EgressView } from '../policy/egress-view.ts';
import { BoundedSet } from './bounded-set.ts';
import type { ContactStage, Detector, Hit, JobView } from './detector.ts';
import { hostOf } from './host-of.ts';

/** Names of one job that were connected to, so that to have asked for them says nothing more. */
const maxNames = 4_096;

/** What a policy that denies by default would refuse, refuses, or should have refused. */
export function outsidePolicy(job: JobView): Detector {
  const contacted = new BoundedSet(maxNames);
  return {
    contacted(event, stage, origin) {
      const egress = job.egress();
      const rule = egress && ruleOf(event, stage, egress.mode);
      if (egress === null || rule === null) return null;
      const names = origin?.lookups.map(({ name }) => name) ?? [];
      for (const name of names) contacted.add(name);
      if (!isOutside({ ...event, names }, egress, job)) return null;
      return { rule, subject: { kind: 'host', name: subjectOf(event, origin) }, detail: by(egress) };
    },
    lookedUp(lookup) {
      const egress = job.egress();
      if (egress === null || contacted.has(lookup.name) || !leadsOutside(lookup, egress, job)) return null;
      const severity = egress.mode === 'Audit' ? 'Info' : 'Low';
      return { rule: 'name-outside', severity, subject: { kind: 'name', name: lookup.name }, detail: by(egress) };
    },
    get forgotten() {
      return contacted.forgotten;
    },
  };
}

/** A socket of datagrams that connects sends nothing yet: resolvers of names try addresses out that way. */
function ruleOf({ transport, hook }: ConnectEvent, stage: ContactStage, mode: EgressView['mode']): Hit['rule'] | null {
  const isFirst = stage === (transport === 'udp' && hook === 'connect' ? 'sent' : 'begun');
  if (mode === 'Audit') return isFirst ? 'egress-would-refuse' : null;
  if (stage === 'answered') return 'egress-not-held';
  return isFirst ? 'egress-refused' : null;
}

function isOutside(contact: Contact, egress: EgressView, job: JobView): boolean {
  if (!job.leadsOut(contact.address) || contact.names.some(job.isOpenHost)) return false;
  return egress.judge(contact) === 'outside';
}

function leadsOutside({ name, addresses }: Lookup, egress: EgressView, job: JobView): boolean {
  const all = [...addresses].map((address) => ({ address, port: null, transport: 'tcp', names: [name] }) as const);
  return all.length > 0 && all.every((contact) => isOutside(contact, egress, job));
}

function subjectOf(event: ConnectEvent, origin: Origin | null): string {
  const host = hostOf(event, origin);
  return host.includes(':') ? `[${host}]:${event.port}` : `${host}:${event.port}`;
}

/** What decided is the default, which has no name. */
function by({ policies }: EgressView): string {
  return `(no rule of ${policies.join(', ')} allows it)`;
}
