import { mkdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { openQueueContext } from '../../../src/queue/queue-context.ts';
import { connectService } from '../../../src/queue/redis/connection.ts';
import { run } from '../../cli/support/program.ts';
import { colourVideo } from '../../cli/support/room.ts';
import { startRedis } from '../../support/redis.ts';
import { buildTinyBundle, type Colour } from '../../support/tiny-bundle.ts';
import { leftovers } from '../support/contexts.ts';
import { Fleet, randomness, type Victim } from './fleet.ts';

/** What is to be gone through. */
export interface ChaosOptions {
  readonly seed: number;
  /** Kills while a worker is at work on a group. */
  readonly kills: number;
  readonly folder: string;
  /** Seconds that each of the three videos lasts; one keyframe is looked at each second. */
  readonly seconds: number;
  /** Between two kills, in milliseconds: at least, and up to so much more. */
  readonly pause: readonly [number, number];
  readonly tell: (line: string) => void;
}

/** What was gone through. */
export interface ChaosTally {
  readonly seed: number;
  /** Kills while a worker was at work on a group. */
  readonly kills: number;
  /** Kills while no living worker had a group: they do not count. */
  readonly idle: number;
  /** Of the kills that count: those before which no group had been finished since the last. The others hit a fleet that goes on. */
  readonly inARow: number;
  readonly victims: Readonly<Record<Victim, number>>;
  /** Groups in flight (frames kept, no result yet) at each kill that counts, sorted. */
  readonly inFlight: readonly number[];
  /** How often the three videos were done. */
  readonly rounds: number;
  /** Tracks that were compared with those of one machine, all equal. */
  readonly tracks: number;
  readonly seconds: number;
  /** Keys in Redis at the end, but for records of finished videos. */
  readonly left: readonly string[];
  /** Exit codes of the services after SIGTERM. */
  readonly exits: readonly (number | null)[];
}

const COLOURS: readonly Colour[][] = [
  ['red', 'green', 'blue', 'yellow'],
  ['white', 'black', 'purple'],
  ['gray', 'red', 'purple', 'white', 'green'],
];
const NAMES = COLOURS.map((_, at) => `video${at + 1}`);
const FORMATS = ['vtt', 'json'];

async function tracksIn(folder: string): Promise<Map<string, string>> {
  const files = NAMES.flatMap((name) => FORMATS.map((format) => `${name}.${format}`));
  return new Map(
    await Promise.all(files.map(async (file) => [file, await readFile(path.join(folder, file), 'utf8')] as const)),
  );
}

function compare(found: Map<string, string>, expected: Map<string, string>): number {
  for (const [file, text] of expected) {
    if (found.get(file) !== text) throw new Error(`${file} differs from what one machine writes`);
  }
  return expected.size;
}

/**
 * Three videos, two ingest services, three workers and an assembler; any of them, and Redis, is killed again and again
 * while they work. Throws where a track is not byte for byte what one machine writes.
 */
export async function chaos({ seed, kills, folder, seconds, pause, tell }: ChaosOptions): Promise<ChaosTally> {
  const random = randomness(seed);
  const began = Date.now();
  const bundle = await buildTinyBundle(path.join(folder, 'tiny'));
  const videos = NAMES.map((name) => path.join(folder, `${name}.mkv`));
  for (const [at, video] of videos.entries()) {
    const colours = COLOURS[at] ?? [];
    await colourVideo(video, colours, seconds / colours.length);
  }
  const env = { SECONDGLANCE_STATE_DIR: path.join(folder, 'state'), SECONDGLANCE_LOG_LEVEL: 'debug' };
  const options = ['--frames', 'every:1s', '-f', FORMATS.join(','), '--model', bundle];
  const alone = path.join(folder, 'alone');
  const truth = await run(['caption', ...videos, ...options, '-o', `${alone}/`], { cwd: folder, env });
  if (truth.code !== 0) throw new Error(truth.stderr);
  const expected = await tracksIn(alone);

  const redis = await startRedis();
  const fleet = new Fleet(redis, folder, env, bundle, path.join(folder, 'services.log'));
  const victims: Record<Victim, number> = { ingest: 0, worker: 0, assemble: 0, redis: 0 };
  const inFlight: number[] = [];
  let idle = 0;
  let quiet = 0;
  let inARow = 0;
  let results = 0;
  let rounds = 0;
  let tracks = 0;
  const out = path.join(folder, 'out');
  try {
    await fleet.begin();
    while (inFlight.length < kills) {
      await rm(out, { recursive: true, force: true });
      await mkdir(out);
      const waiting = await fleet.command('submit', ...videos, ...options, '-o', `${out}/`, '--force', '--wait');
      let over = false;
      const ended = waiting.ended.finally(() => {
        over = true;
      });
      while (!over && inFlight.length < kills) {
        await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, pause[0] + random() * pause[1]))]);
        const chosen = fleet.pick(random);
        const before = over || chosen === undefined ? undefined : await fleet.inFlight();
        if (chosen === undefined || before === undefined) continue;
        // On a machine where services take their time to start, most kills would be idle, or hit who has hardly begun.
        const moved = before.results !== results;
        // A worker holds its job's lock for a moment longer than the group: its result is durable and its frames are freed by then.
        const working = before.active > 0 && before.held > 0;
        if (!working || !moved) {
          quiet += 1;
          if (quiet % 8 !== 0) continue;
        }
        results = before.results;
        await chosen.kill(200 + random() * 2000);
        if (!working) {
          idle += 1;
          continue;
        }
        if (!moved) inARow += 1;
        victims[chosen.victim] += 1;
        inFlight.push(before.held);
        tell(`kill ${inFlight.length}: ${chosen.victim}, ${before.active} groups in work, ${before.held} in flight`);
      }
      const { code, stderr } = await ended;
      if (code !== 0) throw new Error(`submit --wait ended with ${code}: ${stderr}`);
      tracks += compare(await tracksIn(out), expected);
      rounds += 1;
      tell(`round ${rounds}: all tracks equal`);
    }
    await fleet.whole();
    const place = { url: redis.url, prefix: 'secondglance' };
    const signal = AbortSignal.timeout(60_000);
    const site = openQueueContext(await connectService(place, () => undefined, signal), place, 'redis');
    // Whoever was killed after the last step may still have to take leave of its jobs.
    let left = await leftovers(site);
    for (const end = Date.now() + 60_000; left.length > 0 && Date.now() < end; left = await leftovers(site)) {
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    await site.close();
    const exits = await fleet.end();
    const spent = Math.round((Date.now() - began) / 1000);
    inFlight.sort((a, b) => a - b);
    return {
      seed,
      kills: inFlight.length,
      idle,
      inARow,
      victims,
      inFlight,
      rounds,
      tracks,
      seconds: spent,
      left,
      exits,
    };
  } finally {
    await fleet.end();
    await redis.remove();
  }
}
