import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';

/** What each bundle does when it is only to be loaded: the sensor finds no probe and ends, the operator prints its usage. */
const loads: Readonly<Record<string, string[]>> = { 'dist/sensor.mjs': [], 'dist/operator.mjs': ['--help'] };
const rounds = 5;

/** Prints each bundle's size, and for loading it the median time and the largest resident memory of some rounds. */
function main(): void {
  for (const [bundle, args] of Object.entries(loads)) {
    const runs = Array.from({ length: rounds }, () => load(bundle, args));
    const times = runs.map((run) => run.milliseconds).sort((a, b) => a - b);
    const megabytes = Math.max(...runs.map((run) => run.residentKilobytes)) / 1024;
    console.log(
      `${bundle} ${(statSync(bundle).size / 1e6).toFixed(1)} MB, loads in ${times[rounds >> 1]?.toFixed(0)} ms (${times[0]?.toFixed(0)}–${times.at(-1)?.toFixed(0)}, ${rounds} rounds), ${megabytes.toFixed(0)} MB resident`,
    );
  }
}

/** The process tells its own peak on its way out, on a descriptor of its own. */
const tellPeak = `data:text/javascript,process.on('exit', () => { process.getBuiltinModule('node:fs').writeSync(3, String(process.resourceUsage().maxRSS)); })`;

function load(bundle: string, args: string[]): { milliseconds: number; residentKilobytes: number } {
  const begun = performance.now();
  const run = spawnSync(process.execPath, ['--import', tellPeak, bundle, ...args], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    env: { PATH: process.env.PATH },
  });
  const milliseconds = performance.now() - begun;
  const residentKilobytes = Number(run.output[3]?.toString() ?? Number.NaN);
  if (!(residentKilobytes > 0)) throw new Error(`${bundle} did not load; run it by hand to see why: node ${bundle}`);
  return { milliseconds, residentKilobytes };
}

main();
