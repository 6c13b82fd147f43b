import type { FindingToolCall } from '../../crds/finding.ts';
import type { Rule } from './rule.ts';
import { toolCallWords } from './tool-call.ts';

/** What a finding's sentence is made of, all safe to show. */
export interface Told {
  readonly rule: Rule;
  readonly processes: readonly string[];
  readonly subject: string;
  readonly detail: string;
  readonly step: string | null;
  readonly call: FindingToolCall | null;
}

/** Who, what, where in the workflow, what to look at, how to refuse it. */
export function sentence({ rule, processes, subject, detail, step, call }: Told): string {
  const what = [rule.act.replace('{}', () => subject), ...(detail === '' ? [] : [detail])].join(' ');
  const who = processes.length === 0 ? capital(what) : `${processes.at(-1)} ${what}`;
  const chain = processes.length > 1 ? ` (${processes.join(' › ')})` : '';
  const under = call === null ? '' : ` under ${toolCallWords(call)}`;
  const where = step === null ? '' : ` in step “${step}”${chain}`;
  return `${who}${under}${where}. Look at ${rule.look}. To refuse it, ${rule.refuse}.`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
