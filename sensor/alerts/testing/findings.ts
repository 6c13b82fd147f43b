import type { Finding, Severity } from '../../../crds/finding.ts';

/** The nth of many findings; `subject` is what a gateway may know it by. */
export function findingNumber(n: number, severity: Severity = 'High', subject = `host-${n}.example.com`): Finding {
  return {
    version: 1,
    id: n.toString(16).padStart(16, '0'),
    rule: 'unnamed-address',
    severity,
    subject: { kind: 'host', name: subject },
    text: `curl connected to ${subject}. Look at it. To refuse it, name it.`,
    time: '2026-11-23T01:00:00.000Z',
    count: 1,
    processes: ['bash', 'curl'],
    step: { name: 'Test', ordinal: 1 },
    job: { name: 'build' },
    evidence: { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) },
  };
}

/** The subjects of the findings in a request. */
export function subjectsIn(body: string): string[] {
  return (JSON.parse(body) as { findings: Finding[] }).findings.map(({ subject }) => subject.name);
}
