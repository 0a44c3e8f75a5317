// What the motion selector misses, and what it saves: npx tsx bench/motion.ts [CLIP...]
// Generated camera videos with known passages under seven disturbances, encoded as cameras do (a key frame a second), and
// clips of fixed cameras. A passage is missed if no keyframe inside it is marked as moving. In clips, which have no known
// passages, something moves where at least half a percent of the pixels differs clearly from 0.4 s before, measured five
// times a second: a measure of its own, since the selector compares key frames with a background.
// Saved: keyframes fewer than `every:2s` would give.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { promisify } from 'node:util';
import { probe } from '../src/ingest/probe/probe.ts';
import { readKeyframes } from '../src/ingest/read-keyframes.ts';
import { parseChoice } from '../src/ingest/selectors/registry.ts';
import { NEVER, sourceOf } from '../test/support/reading.ts';
import { cameraPictures, type Disturbances, EDGE, type Passage, somePassages } from '../test/support/scenes.ts';
import { makeFolder } from '../test/support/videos.ts';

const IMAGE = { width: EDGE, height: EDGE, resize: 'stretch', filter: 'bicubic', matrix: 'bt601' } as const;
/** Generated videos: pictures a second, pictures in all, and seeds for each disturbance. */
const RATE = 2;
const PICTURES = 600;
const SEEDS = [7, 21, 35];
/** Clips: size and rate of the comparison, how many pictures back, and which difference in which share of pixels counts. */
const SMALL = { width: 160, height: 90, rate: 5 } as const;
const BACK = 2;
const DIFFERS = 25;
const SHARE = 0.005;
/** Seconds: shorter intervals are flicker; shorter pauses do not end an interval. */
const SHORTEST = 0.6;
const PAUSE = 1;

const DISTURBANCES: readonly [string, Disturbances][] = [
  ['nothing', {}],
  ['noise', { noise: 5 }],
  ['rain', { rain: 250, noise: 2 }],
  ['dusk', { dusk: 0.35, noise: 2 }],
  ['auto-exposure', { exposure: 50, noise: 2 }],
  ['compression pulses', { pulse: 2, noise: 2 }],
  ['all of it', { noise: 3, rain: 80, dusk: 0.6, exposure: 80, pulse: 2 }],
];

interface Interval {
  readonly from: number;
  readonly to: number;
}

interface Score {
  readonly intervals: number;
  readonly missed: number;
  readonly keyframes: number;
  /** Keyframes marked as moving where nothing moves. */
  readonly needless: number;
  readonly seconds: number;
}

async function measure(file: string, intervals: readonly Interval[]): Promise<Score> {
  const source = await sourceOf(file);
  const media = await probe(source, { signal: NEVER });
  const reader = readKeyframes(source, media, { choice: parseChoice('motion'), image: IMAGE, signal: NEVER });
  const moving: number[] = [];
  let keyframes = 0;
  for await (const { pts, still } of reader) {
    keyframes += 1;
    if (!still) moving.push((pts - media.start) / 1e6);
  }
  const { end, zero } = await reader.report;
  const within = (time: number, { from, to }: Interval, after = 0): boolean => time >= from - 0.1 && time <= to + after;
  return {
    intervals: intervals.length,
    missed: intervals.filter((interval) => !moving.some((time) => within(time, interval))).length,
    keyframes,
    // A person who has just left is seen as one more change.
    needless: moving.filter((time) => !intervals.some((interval) => within(time, interval, 4))).length,
    seconds: (end - zero) / 1e6,
  };
}

function sum(scores: readonly Score[]): Score {
  const total = (of: (score: Score) => number): number => scores.reduce((all, score) => all + of(score), 0);
  return {
    intervals: total((score) => score.intervals),
    missed: total((score) => score.missed),
    keyframes: total((score) => score.keyframes),
    needless: total((score) => score.needless),
    seconds: total((score) => score.seconds),
  };
}

async function makeVideo(file: string, passages: readonly Passage[], disturbances: Disturbances): Promise<void> {
  const raw = ['-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', `${EDGE}x${EDGE}`, '-r', String(RATE), '-i', '-'];
  const x264 = ['-c:v', 'libx264', '-preset', 'veryfast', '-crf', '28', '-g', String(RATE), '-pix_fmt', 'yuv420p'];
  const encoder = spawn('ffmpeg', ['-v', 'error', '-y', ...raw, ...x264, file], {
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  const ended = once(encoder, 'close');
  for (const picture of cameraPictures(PICTURES, passages, disturbances)) {
    if (!encoder.stdin.write(picture)) await once(encoder.stdin, 'drain');
  }
  encoder.stdin.end();
  const [code] = await ended;
  if (code !== 0) throw new Error(`ffmpeg ended with ${code}`);
}

/** Where something moves in a clip, found by comparing consecutive pictures. */
async function movingIn(file: string): Promise<Interval[]> {
  const { width, height, rate } = SMALL;
  const filter = `fps=${rate},scale=${width}:${height}:flags=area,format=gray`;
  const { stdout } = await promisify(execFile)(
    'ffmpeg',
    ['-v', 'error', '-i', file, '-vf', filter, '-f', 'rawvideo', '-'],
    {
      encoding: 'buffer',
      maxBuffer: 2 ** 30,
    },
  );
  const size = width * height;
  const intervals: { from: number; to: number }[] = [];
  for (let at = BACK; at < Math.floor(stdout.length / size); at++) {
    let changed = 0;
    for (let pixel = at * size; pixel < (at + 1) * size; pixel++) {
      if (Math.abs((stdout[pixel] ?? 0) - (stdout[pixel - BACK * size] ?? 0)) >= DIFFERS) changed += 1;
    }
    if (changed < SHARE * size) continue;
    const [time, last] = [at / rate, intervals.at(-1)];
    if (last !== undefined && time - last.to <= PAUSE) last.to = time;
    else intervals.push({ from: time, to: time });
  }
  return intervals.filter(({ from, to }) => to - from >= SHORTEST);
}

function row(name: string, { intervals, missed, keyframes, needless, seconds }: Score): string {
  const saved = 1 - keyframes / (seconds / 2);
  const cells = [name, intervals, missed, keyframes, needless, Math.round(seconds), `${Math.round(100 * saved)} %`];
  return `| ${cells.join(' | ')} |\n`;
}

const folder = await makeFolder();
try {
  process.stdout.write('| video | moving intervals | missed | keyframes | needless | seconds | saved |\n');
  process.stdout.write('| --- | --- | --- | --- | --- | --- | --- |\n');
  const made: Score[] = [];
  for (const [name, disturbances] of DISTURBANCES) {
    const scores: Score[] = [];
    for (const seed of SEEDS) {
      const passages = somePassages(PICTURES, seed);
      const file = path.join(folder.path, `${seed}.mp4`);
      await makeVideo(file, passages, { ...disturbances, seed });
      scores.push(
        await measure(
          file,
          passages.map(({ from, to }) => ({ from: from / RATE, to: to / RATE })),
        ),
      );
    }
    made.push(sum(scores));
    process.stdout.write(row(name, sum(scores)));
  }
  process.stdout.write(row('**all generated**', sum(made)));
  for (const clip of process.argv.slice(2)) {
    process.stdout.write(row(path.basename(clip), await measure(clip, await movingIn(clip))));
  }
} finally {
  await folder.remove();
}
