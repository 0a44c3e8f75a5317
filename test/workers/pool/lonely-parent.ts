import { loadBundle } from '../../../src/workers/bundle/bundle.ts';
import { built } from '../../support/built.ts';
import { inferenceProcesses } from '../../support/processes.ts';
import type { Colour } from '../../support/tiny-bundle.ts';
import { tinyGroup } from '../../support/tiny-groups.ts';

/*
 * A program for the tests: opens a captioner on the bundle in its first argument, gives a group of the colour in its second, prints the pids
 * of its inference processes as JSON, and waits to be killed.
 */
const { createCaptioner } = await built<typeof import('../../../src/workers/pool/pool.ts')>('workers/pool/pool.js');
const [folder = '', colour = 'red'] = process.argv.slice(2);
const captioner = createCaptioner({ model: await loadBundle(folder), processes: 2 });
await captioner.open();
const caption = () => captioner.caption(tinyGroup([colour as Colour]), { passes: 2 }, new AbortController().signal);
const running = [caption(), caption()];
// A group of a colour that does not hang is done at once; the others are by now in the middle of a run.
await Promise.race([...running, new Promise((resolve) => setTimeout(resolve, 500))]);
process.stdout.write(`${JSON.stringify(inferenceProcesses(process.pid))}\n`);
