import * as ours from '../../../crds/attributes.ts';
import { net, type Row } from './row.ts';

/** Processes, and summaries of them. */
export const ofProcesses: readonly Row[] = [
  ['process.executable.name', 'process', 'string', 'the file that really ran, without its folder'],
  ['process.executable.path', 'process', 'string', 'the same with its folder'],
  ['process.pid', 'process', 'number', 'in the initial pid namespace'],
  ['process.vpid', 'process', 'number', 'in its own pid namespace'],
  ['process.parent_pid', 'process', 'number', "its parent's"],
  ['process.command_args', 'process', 'string[]', 'at most 32 arguments and 1,024 characters, secrets removed'],
  ['process.args_count', 'process', 'number', 'how many there are, where not all are shown'],
  [ours.processUnknownArguments, 'process', 'number', 'bytes of the arguments that are not known'],
  ['process.working_directory', 'process', 'string', 'where it was started'],
  ['process.exit.code', 'process tool', 'number', 'left out where a signal ended it'],
  ['process.user.id', 'process', 'number', 'the effective user'],
  ['process.real_user.id', 'process', 'number', 'where it is another'],
  ['process.saved_user.id', 'process', 'number', 'where it is another'],
  ['process.creation.time', 'process', 'string', 'when it was executed'],
  [
    ours.processExecution,
    'process',
    'string[]',
    'what was executed where that is more than a file: `memfd`, `unlinked`, `script`, `descriptor`, `secure`, `loader`',
  ],
  [ours.processScript, 'process', 'string', 'the script that the executable interprets'],
  [ours.processProgram, 'process', 'string', 'the program that a loader was called for'],
  [
    ours.processOrigin,
    'process',
    'string',
    'where a process of no step comes from: `runner`, `exec`, `container`, `before`',
  ],
  [ours.eventsShed, 'process connection accept', 'number', 'events that the budget left out of this span'],
  ['aggregation.is_summary', `process ${net}`, 'boolean', 'the span stands for several of its name'],
  ['aggregation.span_count', `process ${net}`, 'number', 'for how many'],
  ['aggregation.duration_*_ns', `process ${net}`, 'number', '`min`, `max`, `avg` and `total` of their durations'],
];
