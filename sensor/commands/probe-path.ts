import { join } from 'node:path';

/** Where `sensor/build` puts the probe; bin/chaperone sees to it that it is there. */
export const probePath: string = join(import.meta.dirname, '..', '..', 'dist', 'probe');
