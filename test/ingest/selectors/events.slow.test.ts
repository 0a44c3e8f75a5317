import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ImageSpec, Keyframe } from '../../../src/core/types.ts';
import { groupKeyframes } from '../../../src/ingest/group-keyframes.ts';
import { probe } from '../../../src/ingest/probe/probe.ts';
import { readKeyframes } from '../../../src/ingest/read-keyframes.ts';
import { autoSelector } from '../../../src/ingest/selectors/auto.ts';
import { EventSelector } from '../../../src/ingest/selectors/events.ts';
import { type FrameChoice, parseChoice } from '../../../src/ingest/selectors/registry.ts';
import { cameraPictures, EDGE, somePassages } from '../../support/scenes.ts';
import { ffmpeg, makeFolder } from '../../support/videos.ts';

const IMAGE: ImageSpec = { width: 96, height: 72, resize: 'stretch', filter: 'area', matrix: 'bt601' };
const { signal } = new AbortController();

let folder: { path: string; remove: () => Promise<void> };
beforeAll(async () => {
  folder = await makeFolder();
});
afterAll(() => folder.remove());

/** A made film: what ffmpeg draws, and when its events begin and end, in seconds. */
interface Film {
  readonly name: string;
  /** A filter graph of one output. */
  readonly graph: string;
  readonly boundaries: readonly number[];
}

/** Something that crosses the picture, or stands in it. */
interface Visitor {
  readonly from: number;
  readonly to: number;
  readonly colour: string;
  /** Pixels a second. */
  readonly speed: number;
  /** It stops after so many seconds and stays until it leaves. */
  readonly walks?: number;
}

/** A camera that stands still for `seconds`, with visitors that come and go. */
function yard(name: string, seconds: number, visitors: readonly Visitor[], noise = 3): Film {
  const rate = 'size=160x120:rate=8:duration=';
  const ground = `smptebars=${rate}${seconds},eq=contrast=0.4,noise=alls=${noise}:allf=t[v0]`;
  const walks = visitors.map(({ from, to, colour, speed, walks = to - from }, at) => {
    const x = `8+${speed}*min(t-${from}\\,${walks})`;
    return (
      `color=${colour}:size=22x44:rate=8:duration=${seconds}[p${at}];` +
      `[v${at}][p${at}]overlay=x='${x}':y=60:enable='between(t,${from},${to - 0.01})'[v${at + 1}]`
    );
  });
  const boundaries = visitors.flatMap(({ from, to, walks }) =>
    walks === undefined ? [from, to] : [from, from + walks, to],
  );
  return { name, graph: `${[ground, ...walks].join(';')};[v${visitors.length}]null`, boundaries };
}

/** Scenes one after the other, each of so many seconds. */
function scenes(name: string, ...parts: readonly (readonly [string, number])[]): Film {
  const made = parts.map(
    ([source, seconds], at) => `${source}size=160x120:rate=8:duration=${seconds},format=yuv420p,setsar=1[s${at}]`,
  );
  const joined = `${parts.map((_, at) => `[s${at}]`).join('')}concat=n=${parts.length}:v=1:a=0`;
  const ends = parts.map((_, at) => parts.slice(0, at + 1).reduce((sum, [, seconds]) => sum + seconds, 0));
  return { name, graph: `${made.join(';')};${joined}`, boundaries: ends.slice(0, -1) };
}

const FILMS: readonly Film[] = [
  yard('one', 14, [{ from: 4, to: 9, colour: 'black', speed: 20 }]),
  yard('several', 34, [
    { from: 3, to: 8, colour: 'white', speed: 22 },
    { from: 12, to: 15, colour: 'navy', speed: 30 },
    { from: 20, to: 28, colour: 'black', speed: 14 },
  ]),
  yard('stays', 26, [{ from: 5, to: 20, colour: 'black', speed: 25, walks: 3 }]),
  yard('quiet', 12, []),
  scenes('cuts', ['testsrc=', 5], ['smptebars=', 4], ['rgbtestsrc=', 6], ['pal100bars=', 4]),
  scenes('slides', ['color=teal:', 4], ['smptehdbars=', 5], ['color=black:', 3], ['pal75bars=', 4]),
];

async function keyframesOf(film: Film, choice: FrameChoice): Promise<Keyframe[]> {
  const file = await ffmpeg(
    '-f',
    'lavfi',
    '-i',
    film.graph,
    '-g',
    '24',
    '-crf',
    '20',
    join(folder.path, `${film.name}.mp4`),
  );
  const source = { kind: 'file', input: file, name: film.name, label: film.name } as const;
  const media = await probe(source, { signal });
  const keyframes: Keyframe[] = [];
  for await (const keyframe of readKeyframes(source, media, { choice, image: IMAGE, events: true, signal })) {
    keyframes.push(keyframe);
  }
  return keyframes;
}

function startsOf(keyframes: readonly Keyframe[]): number[] {
  const starts = new Map(keyframes.map(({ event }) => [event?.index, (event?.start ?? 0) / 1e6]));
  return [...starts.values()].slice(1);
}

/** How many of `these` have one of `those` within half a second. */
function near(these: readonly number[], those: readonly number[], tolerance = 0.5): number {
  return these.filter((time) => those.some((other) => Math.abs(other - time) <= tolerance)).length;
}

test('boundaries of known events: recall and precision 0.9', async () => {
  let [true_, found, right, recalled] = [0, 0, 0, 0];
  for (const film of FILMS) {
    const starts = startsOf(await keyframesOf(film, parseChoice('auto')));
    true_ += film.boundaries.length;
    found += starts.length;
    right += near(starts, film.boundaries);
    recalled += near(film.boundaries, starts);
  }
  expect(true_).toBeGreaterThan(15);
  expect(recalled / true_).toBeGreaterThanOrEqual(0.9);
  expect(right / found).toBeGreaterThanOrEqual(0.9);
});

test('keyframes are in order, three at least in an event that lasts and moves, and groups end with events', async () => {
  const [film] = FILMS;
  if (film === undefined) throw new Error('no film');
  const keyframes = await keyframesOf(film, parseChoice('motion'));
  expect(keyframes.map(({ index }) => index)).toEqual(keyframes.map((_, at) => at));
  expect(keyframes.every(({ pts }, at) => at === 0 || pts > (keyframes[at - 1]?.pts ?? 0))).toBe(true);
  const crossing = keyframes.filter(({ event }) => event?.index === 1);
  expect(crossing.length).toBeGreaterThan(2);
  async function* all(): AsyncGenerator<Keyframe> {
    yield* keyframes;
  }
  const groups = [];
  for await (const group of groupKeyframes(all())) groups.push(group);
  expect(groups.map(({ index }) => index)).toEqual(groups.map((_, at) => at));
  expect(groups.flatMap((group) => group.keyframes)).toEqual(keyframes);
  for (const group of groups) {
    expect(new Set(group.keyframes.map(({ event }) => event?.index)).size).toBe(1);
    expect(group.keyframes.length).toBeLessThanOrEqual(8);
  }
});

test('a camera with noise, rain, dusk and exposure that hunts: the passages, once a second', () => {
  const image = { ...IMAGE, width: EDGE, height: EDGE };
  const passages = somePassages(130, 7);
  const selector = new EventSelector(autoSelector.create(image), image);
  const starts = new Map<number, number>();
  let at = 0;
  for (const pixels of cameraPictures(130, passages, { noise: 3, rain: 80, dusk: 0.6, exposure: 40 })) {
    for (const { event } of selector.push({ pts: at * 1_000_000, key: true, pixels })) {
      if (event !== undefined) starts.set(event.index, event.start / 1e6);
    }
    at += 1;
  }
  const found = [...starts.values()].slice(1);
  const truth = passages.flatMap(({ from, to }) => [from, to]);
  expect(near(truth, found, 1) / truth.length).toBeGreaterThanOrEqual(0.9);
  expect(near(found, truth, 1) / found.length).toBeGreaterThanOrEqual(0.9);
});
