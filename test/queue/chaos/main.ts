/**
 * Kills services and Redis under load and compares every track with that of one machine.
 *
 *   npm run chaos                       200 kills while a worker is at work on a group
 *   npm run chaos -- --kills 20 --seed 7
 */
import { parseArgs } from 'node:util';
import { makeFolder } from '../../support/videos.ts';
import { chaos } from './chaos.ts';

const { values } = parseArgs({
  args: process.argv.slice(2).filter((arg) => arg !== '--'),
  options: { kills: { type: 'string', default: '200' }, seed: { type: 'string' } },
});
const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);
const folder = await makeFolder();
const tell = (line: string): void => void process.stdout.write(`${line}\n`);
tell(`seed ${seed}, folder ${folder.path}`);
const tally = await chaos({
  seed,
  kills: Number(values.kills),
  folder: folder.path,
  seconds: 600,
  pause: [500, 3500],
  tell,
});
const { inFlight, ...rest } = tally;
const at = (share: number): number | undefined => inFlight[Math.floor(share * (inFlight.length - 1))];
tell(JSON.stringify({ ...rest, inFlight: { least: at(0), median: at(0.5), most: at(1) } }, undefined, 2));
// Kept where something went wrong: chaos() throws then, and services.log says what happened.
await folder.remove();
process.exitCode = tally.left.length === 0 ? 0 : 1;
