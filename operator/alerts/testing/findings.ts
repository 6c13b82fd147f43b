import type { Finding } from '../../../crds/finding.ts';

/** The nth of many findings. */
export function aFinding(n = 1, changes: Partial<Finding> = {}): Finding {
  return {
    version: 1,
    id: n.toString(16).padStart(16, '0'),
    rule: 'runner-memory',
    severity: 'Critical',
    subject: { kind: 'process', name: 'Runner.Worker' },
    text: 'python3 reached into the memory of Runner.Worker in step “Install” (bash › python3). Look at what the step uses. To refuse it, pin the action.',
    time: new Date().toISOString(),
    count: 1,
    processes: ['bash', 'python3'],
    step: { name: 'Install', ordinal: 3 },
    job: { name: 'build', url: 'https://github.com/octo/web/actions/runs/1/job/2' },
    repository: 'octo/web',
    evidence: { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) },
    ...changes,
  };
}
