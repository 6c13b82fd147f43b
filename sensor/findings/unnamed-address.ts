import type { Severity } from '../../crds/finding.ts';
import type { ConnectEvent } from '../decode/socket-events.ts';
import { isPublic } from './addresses.ts';
import type { Detector, JobView } from './detector.ts';

/** A step goes to a public address that no answer of a resolver gave to anybody in the job. */
export function unnamedAddress(job: JobView): Detector {
  return {
    connected(event, node, origin) {
      if (origin !== null || event.port === 53 || node.scope.step === null || !isPublic(event.address)) return null;
      // Where no answer was ever read, names are found in a way that cannot be seen, and that there is none says nothing.
      if (!job.readsAnswers() || job.wasResolved(event.address)) return null;
      const name = event.port === 0 ? event.address : `${event.address}:${event.port}`;
      return { rule: 'unnamed-address', severity: severityOf(event), subject: { kind: 'host', name } };
    },
  };
}

function severityOf({ transport }: ConnectEvent): Severity {
  return transport === 'tcp' || transport === 'udp' ? 'Medium' : 'Low';
}
