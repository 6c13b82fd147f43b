import type { Finding, FindingToolCall } from './finding.ts';

/** The first word of a sensor's termination message that holds findings which were not told; after it, how many of them there are. */
export const lastWordsMark = 'chaperone-findings/1';
/** The kubelet keeps so much of a container's termination message, and of all messages of a pod 12 KiB, of which each container has an equal part. */
export const lastWordsBytes = 4_096;

/**
 * Findings in the order given as a termination message, empty without any: a line with the mark and their number, and a line of JSON for each that
 * has room. So one that the kubelet cuts off at the end loses the last of them.
 */
export function writeLastWords(findings: readonly Finding[]): string {
  if (findings.length === 0) return '';
  let words = `${lastWordsMark} ${findings.length}\n`;
  for (const finding of findings) {
    const line = `${JSON.stringify(shortened(finding))}\n`;
    if (Buffer.byteLength(words) + Buffer.byteLength(line) > lastWordsBytes) break;
    words += line;
  }
  return words;
}

/** Of its bytes at most: three and the mark find room. */
const lineBytes = 1_300;

/** What people need first; the span has the rest. */
function shortened({ processes: _, toolCall, ...finding }: Finding): Finding {
  const short = { ...finding, text: cut(finding.text, 400), ...(toolCall && { toolCall: shortCall(toolCall) }) };
  if (Buffer.byteLength(JSON.stringify(short)) <= lineBytes) return short;
  const { version, id, rule, severity, subject, text, time, count, job, evidence } = short;
  const least = { version, id, rule, severity, time, count, evidence };
  return {
    ...least,
    subject: { ...subject, name: cut(subject.name, 64) },
    text: cut(text, 80),
    job: { name: cut(job.name, 16) },
  };
}

function shortCall({ command, ...call }: FindingToolCall): FindingToolCall {
  return { ...call, ...(command !== undefined && { command: cut(command, 120) }) };
}

function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1).toWellFormed()}…`;
}
