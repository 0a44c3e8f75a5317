import path from 'node:path';
import type { Colour } from '../../support/tiny-graphs.ts';
import { type Joining, type MadeStep, type MadeVideo, makeSubtitles, makeVideo } from './made.ts';

/** Instruction videos of known steps, by name. Another seed gives other lengths of steps. */
export const CORPUS: Readonly<Record<string, (folder: string, seed?: number) => Promise<MadeVideo>>> = {
  plain: (folder, seed = 0) => make(folder, 'plain', script(100 * seed + 1)),
  noisy: (folder, seed = 0) => make(folder, 'noisy', script(100 * seed + 2), { filter: 'noise=alls=30:allf=t' }),
  'cuts inside': (folder, seed = 0) => make(folder, 'cuts', script(100 * seed + 3, { shots: 4 })),
  'alternating shots, noisy': (folder, seed = 0) =>
    make(folder, 'alternating', script(100 * seed + 4, { shots: 5 }), { filter: 'noise=alls=15:allf=t' }),
  flickers: (folder, seed = 0) => make(folder, 'flickers', script(100 * seed + 5, { shots: 2, flicker: 1 })),
  'long flickers': (folder, seed = 0) => make(folder, 'long-flickers', script(100 * seed + 6, { flicker: 2.5 })),
  fades: (folder, seed = 0) => make(folder, 'fades', script(100 * seed + 7), { fade: 1 }),
  'slow fades, cuts': (folder, seed = 0) =>
    make(folder, 'slow-fades', script(100 * seed + 8, { shots: 3 }), { fade: 1.5 }),
  everything: (folder, seed = 0) =>
    make(folder, 'everything', script(100 * seed + 9, { shots: 3, flicker: 0.8 }), {
      fade: 0.8,
      filter: 'noise=alls=20:allf=t',
    }),
  'spoken, cuts inside': (folder, seed = 0) => spoken(folder, 'spoken', script(100 * seed + 10, { shots: 4 })),
  'spoken, one colour': (folder, seed = 0) =>
    spoken(folder, 'spoken-one', script(100 * seed + 11, { shots: 1, colours: 1 })),
  'spoken, everything': (folder, seed = 0) =>
    spoken(folder, 'spoken-everything', script(100 * seed + 12, { shots: 3, flicker: 0.8 }), {
      fade: 0.8,
      filter: 'noise=alls=20:allf=t',
    }),
};

const COLOURS: readonly Colour[] = ['red', 'green', 'blue', 'yellow', 'gray', 'purple', 'white'];

const TALK: readonly (readonly string[])[] = [
  ['Here are all the boards for our shelf.', 'Count the boards before you start.', 'Lay the boards out on the floor.'],
  ['Take the drill and the small bit.', 'The drill makes a hole at each mark.', 'Hold the drill straight.'],
  ['Put glue into every hole.', 'Too much glue will run out.', 'Wipe the glue off with a cloth.'],
  ['Push the dowels in by hand.', 'If dowels are stiff, use a mallet.', 'All the dowels should stand up alike.'],
  ['Set the side panel on top.', 'The panel has to meet the edge.', 'Press the panel down hard.'],
  ['Turn the screws until they grip.', 'Screws at the corners come first.', 'Tighten every screw a little more.'],
  ['The back sheet slides into the groove.', 'Bend the sheet a little.', 'Nail the sheet along its rim.'],
  ['Paint it with a wide brush.', 'Let the paint dry for an hour.', 'Sand between two coats of paint.'],
];

/** A generator of numbers from 0 to 1 that gives the same ones every time (mulberry32). */
function dice(seed: number): () => number {
  let state = seed * 0x9e3779b9;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Eight steps of 7 to 20 s each. */
function script(seed: number, { shots = 1, flicker = 0, colours = COLOURS.length } = {}): MadeStep[] {
  const next = dice(seed);
  const offset = Math.floor(next() * COLOURS.length);
  return TALK.map((_, at) => {
    const colour = COLOURS[(offset + (at % colours) * 3) % COLOURS.length] ?? 'red';
    const other = COLOURS[(offset + (at % colours) * 3 + 2) % COLOURS.length] ?? 'blue';
    const seconds = 7 + Math.round(next() * 130) / 10;
    const each = Math.max(2, Math.round((seconds / shots) * 10) / 10);
    const lengths = Array.from({ length: Math.max(1, Math.round(seconds / each)) }, () => each);
    if (flicker > 0) lengths[0] = Math.max(each, flicker + 4);
    return { colour, shots: lengths, ...(flicker > 0 ? { flicker: { colour: other, seconds: flicker } } : {}) };
  });
}

async function make(folder: string, name: string, steps: readonly MadeStep[], joining?: Joining): Promise<MadeVideo> {
  return makeVideo(path.join(folder, `${name}.mp4`), steps, joining);
}

/** The same with somebody who explains it, in a track beside the video. */
async function spoken(folder: string, name: string, steps: readonly MadeStep[], joining?: Joining): Promise<MadeVideo> {
  const talking = steps.map((step, at) => ({ ...step, said: TALK[at] ?? [] }));
  await makeSubtitles(path.join(folder, `${name}.srt`), talking);
  return make(folder, name, talking, joining);
}
