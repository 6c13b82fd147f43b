import { ChaperoneError } from '../../crds/errors.ts';
import { visible } from '../report/text.ts';

/** Exit statuses of every command; `run` gives COMMAND's own instead, once COMMAND was started. */
export const exitStatus = { ok: 0, finding: 1, usage: 2, failure: 3 } as const;

/** Wrong use: one sentence, and where to read on. */
export function usageError(command: string, sentence: string): ChaperoneError {
  return new ChaperoneError('usage', `${sentence}; see chaperone ${command === '' ? '' : `${command} `}--help`);
}

/** Refuses an option that was given twice with a value: which of the two was meant nobody can tell. Takes `parseArgs`'s tokens. */
export function refuseRepeated(
  command: string,
  tokens: readonly { kind: string; name?: string; value?: string | undefined }[],
): void {
  const given = tokens.filter(({ kind, value }) => kind === 'option' && value !== undefined).map(({ name }) => name);
  const repeated = given.find((name, index) => given.indexOf(name) !== index);
  if (repeated !== undefined) throw usageError(command, `Give --${repeated} only once`);
}

/** Rewords what `util.parseArgs` throws; anything else is passed on. */
export function asUsageError(command: string, error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (!code.startsWith('ERR_PARSE_ARGS')) return error;
  const [sentence = ''] = (error as Error).message.split('. ');
  return usageError(command, visible(sentence.replace(/\.$/, '')));
}
