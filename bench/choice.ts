// Keyframe selectors on generated videos with known cuts: npx tsx bench/choice.ts
// For each selector: recall and precision over all scene changes (a detection is correct within one frame of the change,
// or anywhere inside a fade; keyframes marked as still are not detections), the delay until a change is seen, and
// keyframes a minute.

import { probe } from '../src/ingest/probe/probe.ts';
import { readKeyframes } from '../src/ingest/read-keyframes.ts';
import { parseChoice } from '../src/ingest/selectors/registry.ts';
import { NEVER, sourceOf } from '../test/support/reading.ts';
import { KNOWN_VIDEOS, type KnownVideo, makeFolder, matchScenes } from '../test/support/videos.ts';

const CHOICES = ['scene', 'auto', 'every:2s', 'every:10s'];
const IMAGE = { width: 224, height: 224, resize: 'stretch', filter: 'bicubic', matrix: 'bt601' } as const;

interface Score {
  hits: number;
  found: number;
  expected: number;
  keyframes: number;
  /** Seconds of video. */
  seconds: number;
  /** Seconds from each event to the first keyframe after it. */
  delays: number[];
  /** Events that no keyframe shows. */
  missed: number;
}

function emptyScore(): Score {
  return { hits: 0, found: 0, expected: 0, keyframes: 0, seconds: 0, delays: [], missed: 0 };
}

async function measure(video: KnownVideo, choice: string): Promise<Score> {
  const source = await sourceOf(video.path);
  const media = await probe(source, { signal: NEVER });
  const reader = readKeyframes(source, media, { choice: parseChoice(choice), image: IMAGE, signal: NEVER });
  const times: number[] = [];
  const changes: number[] = [];
  for await (const { pts, still } of reader) {
    times.push(pts);
    if (!still) changes.push(pts);
  }
  const { end, zero } = await reader.report;
  const score = { ...emptyScore(), keyframes: times.length, seconds: (end - zero) / 1e6 };
  Object.assign(score, matchScenes(changes.slice(1), video.scenes, video.frame));
  for (const [index, event] of video.events.entries()) {
    // A keyframe after the next event no longer shows this one.
    const next = video.events[index + 1] ?? Number.POSITIVE_INFINITY;
    const seen = times.find((time) => time >= event - video.frame && time < next);
    if (seen === undefined) score.missed++;
    else score.delays.push(Math.max(0, seen - event) / 1e6);
  }
  return score;
}

function add(total: Score, score: Score): void {
  total.hits += score.hits;
  total.found += score.found;
  total.expected += score.expected;
  total.keyframes += score.keyframes;
  total.seconds += score.seconds;
  total.missed += score.missed;
  total.delays.push(...score.delays);
}

function row(name: string, choice: string, score: Score): string {
  const share = (part: number, whole: number): string => (whole === 0 ? '-' : (part / whole).toFixed(2));
  const mean = score.delays.reduce((sum, delay) => sum + delay, 0) / score.delays.length;
  const cells = [
    name,
    choice,
    share(score.hits, score.expected),
    share(score.hits, score.found),
    score.delays.length === 0 ? '-' : mean.toFixed(2),
    score.delays.length === 0 ? '-' : Math.max(...score.delays).toFixed(2),
    String(score.missed),
    ((score.keyframes * 60) / score.seconds).toFixed(1),
  ];
  return `| ${cells.join(' | ')} |\n`;
}

const folder = await makeFolder();
try {
  process.stdout.write(
    '| video | selector | recall | precision | mean delay, s | longest, s | missed | keyframes a minute |\n',
  );
  process.stdout.write('| --- | --- | --- | --- | --- | --- | --- | --- |\n');
  const totals = new Map(CHOICES.map((choice) => [choice, emptyScore()]));
  for (const [name, make] of Object.entries(KNOWN_VIDEOS)) {
    const video = await make(folder.path);
    for (const [choice, total] of totals) {
      const score = await measure(video, choice);
      add(total, score);
      process.stdout.write(row(name, choice, score));
    }
  }
  for (const [choice, total] of totals) process.stdout.write(row('all', choice, total));
} finally {
  await folder.remove();
}
