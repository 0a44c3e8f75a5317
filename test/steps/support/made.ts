import { writeFile } from 'node:fs/promises';
import { hex } from '../../cli/support/room.ts';
import type { Colour } from '../../support/tiny-graphs.ts';
import { ffmpeg } from '../../support/videos.ts';

/** Frames a second of the made instruction videos. */
const RATE = 10;
const SIZE = { width: 160, height: 96 };

/** A step as it is made: what colour its pictures have, and what is said. */
export interface MadeStep {
  readonly colour: Colour;
  /** Length of each of its shots, in seconds. A shot is the same colour with other shapes in it. */
  readonly shots: readonly number[];
  /** Seconds of another colour in the midst of its first shot. */
  readonly flicker?: { readonly colour: Colour; readonly seconds: number };
  /** Sentences, spoken one after the other over the length of the step. */
  readonly said?: readonly string[];
}

/** A video of which the steps are known, because it was made of them. */
export interface MadeVideo {
  readonly path: string;
  /** Where steps begin, in seconds, without the first. */
  readonly boundaries: readonly number[];
  readonly seconds: number;
}

/** How the shots are joined. */
export interface Joining {
  /** Seconds of fade from and to black at both ends of every step. */
  readonly fade?: number;
  /** A filter over the whole, such as noise. */
  readonly filter?: string;
  readonly output?: readonly string[];
}

interface Shot {
  readonly colour: Colour;
  readonly seconds: number;
  readonly shape: number;
}

/** Boxes that leave the mean colour near the one that was asked for. */
function draw({ colour, seconds, shape }: Shot): string {
  const { width, height } = SIZE;
  const box = (at: number, fill: string): string => {
    const [x, y] = [(at * 37) % (width - 50), (at * 29) % (height - 34)];
    return `drawbox=x=${x}:y=${y}:w=46:h=30:color=${fill}:t=fill`;
  };
  const boxes = [box(shape * 3 + 1, 'white'), box(shape * 5 + 2, 'black')].join(',');
  return `color=${hex(colour)}:s=${width}x${height}:r=${RATE}:d=${seconds.toFixed(1)},${boxes},setsar=1,format=yuv420p`;
}

function shotsOf(step: MadeStep, first: number): Shot[] {
  return step.shots.flatMap((seconds, at): Shot[] => {
    const shot = { colour: step.colour, seconds, shape: first + at };
    if (at > 0 || step.flicker === undefined) return [shot];
    const half = Math.round(seconds * 5) / 10;
    return [
      { ...shot, seconds: half },
      { colour: step.flicker.colour, seconds: step.flicker.seconds, shape: 40 },
      { ...shot, seconds: seconds - half - step.flicker.seconds },
    ];
  });
}

/** Makes a video of these steps. */
export async function makeVideo(path: string, steps: readonly MadeStep[], joining: Joining = {}): Promise<MadeVideo> {
  const { fade = 0, filter = 'null', output = [] } = joining;
  const parts: string[] = [];
  const boundaries: number[] = [];
  let seconds = 0;
  let shapes = 0;
  for (const [at, step] of steps.entries()) {
    if (at > 0) boundaries.push(seconds);
    const shots = shotsOf(step, shapes);
    shapes += step.shots.length;
    const length = step.shots.reduce((sum, shot) => sum + shot, 0);
    const clips = shots.map((shot, part) => `${draw(shot)}[c${at}x${part}]`);
    const fades = fade === 0 ? 'null' : `fade=in:st=0:d=${fade},fade=out:st=${length - fade}:d=${fade}`;
    const inputs = shots.map((_, part) => `[c${at}x${part}]`).join('');
    parts.push(...clips, `${inputs}concat=n=${shots.length},${fades}[s${at}]`);
    seconds += length;
  }
  const inputs = steps.map((_, at) => `[s${at}]`).join('');
  const graph = `${parts.join(';')};${inputs}concat=n=${steps.length},${filter}[v]`;
  const codec = ['-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '20', '-pix_fmt', 'yuv420p'];
  await ffmpeg('-filter_complex', graph, '-map', '[v]', ...codec, ...output, path);
  return { path, boundaries, seconds };
}

/** Writes what is said in these steps as SubRip. */
export async function makeSubtitles(path: string, steps: readonly MadeStep[]): Promise<string> {
  const time = (seconds: number): string => {
    const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
    const thousandths = String(Math.round(seconds * 1000) % 1000).padStart(3, '0');
    return `00:${two(seconds / 60)}:${two(seconds % 60)},${thousandths}`;
  };
  const cues: string[] = [];
  let start = 0;
  for (const { shots, said = [] } of steps) {
    const length = shots.reduce((sum, shot) => sum + shot, 0);
    const each = length / Math.max(1, said.length);
    for (const [at, text] of said.entries()) {
      const from = start + at * each;
      cues.push(`${cues.length + 1}\n${time(from + 0.2)} --> ${time(from + each - 0.2)}\n${text}\n`);
    }
    start += length;
  }
  await writeFile(path, cues.join('\n'));
  return path;
}

/** Precision and recall of found boundaries within two seconds, as their harmonic mean. Each truth is found once at most. */
export function boundaryF1(found: readonly number[], truth: readonly number[]): number {
  const free = [...found];
  let hits = 0;
  for (const time of truth) {
    const near = free.map((other, at) => ({ at, apart: Math.abs(other - time) })).filter(({ apart }) => apart <= 2);
    const best = near.sort((a, b) => a.apart - b.apart)[0];
    if (best === undefined) continue;
    free.splice(best.at, 1);
    hits++;
  }
  return found.length + truth.length === 0 ? 1 : (2 * hits) / (found.length + truth.length);
}

/** As many boundaries at equal intervals. */
export function equalIntervals(count: number, seconds: number): number[] {
  return Array.from({ length: count }, (_, at) => ((at + 1) * seconds) / (count + 1));
}
