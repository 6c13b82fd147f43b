import { type ArmedTier, armedTiers, sightIn } from '../coverage/row.ts';
import { coverageTable } from '../coverage/table.ts';
import type { Check } from './check.ts';

const changes: Record<ArmedTier, string> = {
  tracepoint:
    "for more, boot a kernel that lets BPF programs attach to its functions (fentry), as Debian's and Ubuntu's do",
  trampoline:
    "for no cost to other pods, and for more than 38 sensors on a node, add bpf to lsm= on the kernel's command line",
  lsm: '',
};

/** What of the best tier is missing here, from the table of coverage; files have a check of their own. `null` where the probe speaks of no tier that is known. */
export function tierCheck(name: string): Check | null {
  const tier = armedTiers.find((each) => each === name);
  if (tier === undefined) return null;
  const rows = coverageTable.filter(({ event }) => event !== 'file');
  const less = rows.filter((row) => sightIn(row, 'lsm') === 'seen' && sightIn(row, tier) !== 'seen');
  const paths = (isSeen: boolean) =>
    less.filter((row) => (sightIn(row, tier) === 'not seen') !== isSeen).map(({ path }) => path);
  const parts = [`${tier}`, ...list('not seen: ', paths(false)), ...list('seen in part: ', paths(true))];
  return { name: 'tier', ok: true, found: parts.join('; '), change: changes[tier] };
}

function list(title: string, paths: readonly string[]): string[] {
  return paths.length === 0 ? [] : [`${title}${paths.join(', ')}`];
}
