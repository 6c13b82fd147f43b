/** What a piece of text means; how that looks is decided here alone. */
export type Tone = 'plain' | 'strong' | 'quiet' | 'good' | 'bad' | 'warning' | 'link' | 'job' | 'step' | 'process';

/** A piece of text with its meaning, safe to show. */
export interface Note {
  readonly tone: Tone;
  readonly text: string;
}

export type Paint = (tone: Tone, text: string) => string;

/** SGR parameters from the sixteen colours that every theme defines legibly. */
const codes: Record<Tone, string> = {
  plain: '',
  strong: '1',
  quiet: '2',
  good: '32',
  bad: '31',
  warning: '33',
  link: '36',
  job: '34',
  step: '32',
  process: '36',
};

export function painter(color: boolean): Paint {
  if (!color) return (_tone, text) => text;
  return (tone, text) => (codes[tone] === '' || text === '' ? text : `\x1b[${codes[tone]}m${text}\x1b[0m`);
}
