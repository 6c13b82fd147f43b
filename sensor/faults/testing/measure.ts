import { startFaultPod, until } from './fault-pod.ts';

/** Measures how long a finding takes from the system call to the request at the gateway, in milliseconds; prints median and spread of so many. */
const thieves = Array.from({ length: 40 }, (_, index) => `thief-${index}`);
/** Not a multiple of any interval of ours, and longer than the pause between two requests. */
const pauseSeconds = 0.77;

await using pod = await startFaultPod({ watchFiles: 'Always' });
void pod.startThefts(thieves, pauseSeconds);
await until(() => pod.gateway.findings.length === thieves.length);
const latencies = pod.gateway.findings
  .map(({ finding, at }) => at - Date.parse(finding.time))
  .sort((one, other) => one - other);
const at = (share: number) => latencies[Math.floor(share * (latencies.length - 1))];
process.stdout.write(
  `from the system call to the request, ms, of ${latencies.length}: median ${at(0.5)}, least ${at(0)}, most ${at(1)}\n`,
);
