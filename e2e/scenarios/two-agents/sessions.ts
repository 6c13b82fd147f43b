import type { Session, Turn } from '../../engines/agents/script.ts';

/** What an agent does in a call: it meets somebody (meet.sh of the repository), so that they surely work at the same time. */
export interface Meeting {
  who: 'claude' | 'gemini' | 'test';
  number: number;
  with: 'claude' | 'gemini' | 'test';
}

export const meetings: Meeting[] = [
  { who: 'claude', number: 1, with: 'gemini' },
  { who: 'claude', number: 2, with: 'gemini' },
  { who: 'gemini', number: 1, with: 'claude' },
  { who: 'gemini', number: 2, with: 'claude' },
  { who: 'gemini', number: 3, with: 'test' },
  { who: 'test', number: 3, with: 'gemini' },
];

export function commandOfMeeting({ who, number, with: other }: Meeting): string {
  return `sh meet.sh ${who} ${number} ${other}`;
}

/** In the arguments of the processes that a meeting starts; each part has two of them, a shell and an echo. */
export function marksOf({ who, number }: Meeting): string[] {
  return [1, 2, 3].map((part) => `${who}-${number}-${part}`);
}

export const claudeSession: Session = session('code', 'Look after the code.', 'claude');
export const geminiSession: Session = session('docs', 'Look after the docs.', 'gemini');

function session(name: string, prompt: string, who: Meeting['who']): Session {
  const turns = meetings
    .filter((meeting) => meeting.who === who)
    .map((meeting): Turn => ({ calls: [{ tool: 'shell', command: commandOfMeeting(meeting) }] }));
  return { name, prompt, files: {}, turns };
}
