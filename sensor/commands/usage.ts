import { ChaperoneError } from '../../crds/errors.ts';
import { visible } from '../report/text.ts';

/** Exit statuses of every command; `run` gives COMMAND's own instead, once COMMAND was started. */
export const exitStatus = { ok: 0, finding: 1, usage: 2, failure: 3 } as const;

/** Wrong use: one sentence, and where to read on. */
export function usageError(command: string, sentence: string): ChaperoneError {
  return new ChaperoneError('usage', `${sentence}; see chaperone ${command === '' ? '' : `${command} `}--help`);
}

/** Rewords what `util.parseArgs` throws; anything else is passed on. */
export function asUsageError(command: string, error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (!code.startsWith('ERR_PARSE_ARGS')) return error;
  const [sentence = ''] = (error as Error).message.split('. ');
  return usageError(command, visible(sentence.replace(/\.$/, '')));
}
