import { renderFindings } from './render.ts';

process.stdout.write(renderFindings());
