import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Micros } from '../../src/core/types.ts';
import { runFolder } from './run.ts';

const run = promisify(execFile);

/** Frames a second of every video with known truth, but the static hour. */
export const RATE = 25;
const SIZE = '320x180';

/** A new folder under the system's temporary one, and how to remove it. */
export async function makeFolder(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'secondglance-test-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/**
 * Runs ffmpeg to make something; `args` end with the output's path, which is returned. Throws with its messages.
 * What filters alone make is made once per test run, and copied where it is wanted again.
 */
export async function ffmpeg(...args: string[]): Promise<string> {
  const output = args.at(-1) ?? '';
  const options = args.slice(0, -1);
  const make = (file: string) =>
    run('ffmpeg', ['-hide_banner', '-nostdin', '-v', 'error', '-y', ...options, file], { maxBuffer: 1 << 24 });
  if (runFolder === undefined || readsOrWritesMore(options, output)) {
    await make(output);
    return output;
  }
  const extension = extname(output);
  const key = createHash('sha256')
    .update(JSON.stringify([options, extension]))
    .digest('hex')
    .slice(0, 24);
  const films = join(runFolder, 'films');
  const film = join(films, `${key}${extension}`);
  try {
    await copyFile(film, output);
  } catch {
    await mkdir(films, { recursive: true });
    const making = join(films, `${randomUUID()}${extension}`);
    await make(making);
    // Two test files may have made it at the same time: they are alike.
    await rename(making, film);
    await copyFile(film, output);
  }
  return output;
}

/** Whether ffmpeg reads files, or may write more than the one output. */
function readsOrWritesMore(options: readonly string[], output: string): boolean {
  const fileInput = options.some((option, at) => option === '-i' && options.slice(at - 2, at).join(' ') !== '-f lavfi');
  return fileInput || options.some((option) => option.includes('/')) || /%|\.(m3u8|mpd)$/.test(output);
}

/** Times of all frames that a player would show, as ffprobe lists them: the truth that ours are compared with. */
export async function frameTimes(path: string, ...options: string[]): Promise<Micros[]> {
  const { stdout } = await run(
    'ffprobe',
    ['-v', 'quiet', ...options, '-select_streams', 'v:0', '-show_entries', 'frame=pts_time', '-of', 'csv=p=0', path],
    { maxBuffer: 1 << 26 },
  );
  return (stdout.match(/^-?\d+\.\d+/gm) ?? []).map((seconds) => Math.round(Number(seconds) * 1_000_000));
}

/** A frame of a full decode. */
export interface DecodedFrame {
  readonly time: Micros;
  readonly key: boolean;
}

/** The frames of a full decode by ffmpeg, in its order: the truth for streams whose packets have no presentation times. */
export async function decodedFrames(path: string): Promise<DecodedFrame[]> {
  const show = ['-copyts', '-i', path, '-map', '0:v:0', '-fps_mode', 'passthrough', '-vf', 'showinfo=checksum=0'];
  const { stderr } = await run('ffmpeg', ['-hide_banner', '-nostdin', ...show, '-f', 'null', '-'], {
    maxBuffer: 1 << 26,
  });
  return [...stderr.matchAll(/pts_time:(-?[\d.]+).*iskey:(\d)/g)].map(([, time, key]) => ({
    time: Math.round(Number(time) * 1_000_000),
    key: key === '1',
  }));
}

/** A film of plain colours, two seconds each, at 25 frames a second; `args` end with the output's path. */
export function colourFilm(colours: readonly string[], ...args: string[]): Promise<string> {
  const inputs = colours.flatMap((colour) => ['-f', 'lavfi', '-i', `color=${colour}:s=64x48:r=25:d=2`]);
  return ffmpeg(...inputs, '-filter_complex', `concat=n=${colours.length}`, ...args);
}

/** Times of the packets that the container flags as key frames. */
export async function keyTimes(path: string): Promise<Set<Micros>> {
  const { stdout } = await run('ffprobe', [
    ...['-v', 'quiet', '-select_streams', 'v:0', '-show_entries', 'packet=pts_time,flags', '-of', 'csv=p=0', path],
  ]);
  const keys = stdout.split('\n').filter((line) => line.includes(',K'));
  return new Set(keys.map((line) => Math.round(Number.parseFloat(line) * 1_000_000)));
}

/** A change of scene: a hard cut has `from === to`; a fade is found anywhere from its first to its last frame. */
export interface SceneChange {
  readonly from: Micros;
  readonly to: Micros;
}

/** A video of which the changes are known because it was made that way. */
export interface KnownVideo {
  readonly name: string;
  readonly path: string;
  /** What `scene` has to find, and nothing else. */
  readonly scenes: readonly SceneChange[];
  /** What a viewer would want to hear of, scene or not: also the arrival of a small mover. For detection delays. */
  readonly events: readonly Micros[];
  readonly frame: Micros;
}

/** Pictures that have nothing in common. Some stand still, some move. */
const SHOTS = [
  `smptehdbars=s=${SIZE}:r=${RATE}`,
  `testsrc2=s=${SIZE}:r=${RATE}`,
  `color=0x806040:s=${SIZE}:r=${RATE},drawbox=x=40:y=30:w=90:h=120:color=0xd0e0f0:t=fill`,
  `mandelbrot=s=${SIZE}:r=${RATE}`,
  `gradients=s=${SIZE}:r=${RATE}:c0=navy:c1=orange:seed=7:speed=0.01`,
  `rgbtestsrc=s=${SIZE}:r=${RATE}`,
  `color=0x203020:s=${SIZE}:r=${RATE},drawgrid=w=40:h=30:t=3:color=0x70a070`,
  `testsrc=s=${SIZE}:r=${RATE}`,
  `color=0x90a8d0:s=${SIZE}:r=${RATE},drawbox=y=110:h=70:w=320:color=0x309040:t=fill`,
  `gradients=s=${SIZE}:r=${RATE}:c0=white:c1=darkred:seed=3:speed=0.005`,
];

const X264 = ['-c:v', 'libx264', '-preset', 'veryfast', '-crf', '23', '-pix_fmt', 'yuv420p'];

/** Hard cuts between shots of the given lengths, in frames; `filter` is laid over the whole. */
async function cutTogether(path: string, frames: readonly number[], filter: string): Promise<SceneChange[]> {
  const parts = frames.map((count, shot) => {
    const source = SHOTS[shot % SHOTS.length] ?? '';
    return `${source},trim=end_frame=${count},setsar=1,format=yuv420p[s${shot}]`;
  });
  const inputs = frames.map((_, shot) => `[s${shot}]`).join('');
  const graph = `${parts.join(';')};${inputs}concat=n=${frames.length},${filter}[v]`;
  await ffmpeg('-filter_complex', graph, '-map', '[v]', ...X264, path);
  let at = 0;
  return frames.slice(0, -1).map((count) => {
    at += count;
    return atFrame(at, at);
  });
}

function atFrame(from: number, to: number): SceneChange {
  return { from: Math.round((from * 1_000_000) / RATE), to: Math.round((to * 1_000_000) / RATE) };
}

const LENGTHS = [50, 31, 77, 40, 100, 26, 63, 45, 88, 35];

/** Each video that frame choice is measured on, by name. Each makes itself in a few seconds or less. */
export const KNOWN_VIDEOS: Readonly<Record<string, (folder: string) => Promise<KnownVideo>>> = {
  'hard cuts': async (folder) =>
    known('hard cuts', join(folder, 'cuts.mp4'), (path) => cutTogether(path, LENGTHS, 'null')),
  'hard cuts, noisy': async (folder) =>
    known('hard cuts, noisy', join(folder, 'noisy-cuts.mp4'), (path) =>
      cutTogether(path, [...LENGTHS].reverse(), 'noise=alls=20:allf=t'),
    ),
  'hard cuts, dark': async (folder) =>
    known('hard cuts, dark', join(folder, 'dark-cuts.mp4'), (path) =>
      cutTogether(path, LENGTHS, 'lutyuv=y=val*0.4:u=(val-128)*0.5+128:v=(val-128)*0.5+128'),
    ),
  'fades through black': async (folder) =>
    known('fades through black', join(folder, 'black.mp4'), async (path) => {
      // 75 frames a shot: 15 in from black, 15 out to black.
      const shots = [0, 2, 4, 6, 8].map((shot) => `${SHOTS[shot]},trim=end_frame=75,setsar=1,format=yuv420p`);
      const parts = shots.map((shot, index) => {
        const fadeIn = index === 0 ? '' : ',fade=in:0:15';
        return `${shot}${fadeIn}${index === shots.length - 1 ? '' : ',fade=out:60:15'}[s${index}]`;
      });
      const graph = `${parts.join(';')};[s0][s1][s2][s3][s4]concat=n=5[v]`;
      await ffmpeg('-filter_complex', graph, '-map', '[v]', ...X264, path);
      return [1, 2, 3, 4].map((shot) => atFrame(shot * 75 - 15, shot * 75 + 15));
    }),
  'cross-fades': async (folder) =>
    known('cross-fades', join(folder, 'cross.mp4'), async (path) => {
      // Shots of 4 s; cross-fades of 0.4, 1, 2 and 1 s that begin 3 s after the last one ended.
      const lengths = [0.4, 1, 2, 1];
      const shots = [0, 3, 5, 8, 2].map(
        (shot, index) => `${SHOTS[shot]},trim=end_frame=250,setsar=1,format=yuv420p[s${index}]`,
      );
      let from = 0;
      const changes: SceneChange[] = [];
      const fades = lengths.map((length, index) => {
        from += 3;
        const fade = `${index === 0 ? '[s0]' : `[x${index}]`}[s${index + 1}]xfade=duration=${length}:offset=${from}[x${index + 1}]`;
        changes.push(atFrame(from * RATE, (from + length) * RATE));
        from += length;
        return fade;
      });
      const graph = `${[...shots, ...fades].join(';')};[x4]trim=end=${from + 3}[v]`;
      await ffmpeg('-filter_complex', graph, '-map', '[v]', ...X264, path);
      return changes;
    }),
  'static hour': async (folder) => ({
    ...(await known('static hour', join(folder, 'hour.mp4'), async (path) => {
      await ffmpeg('-f', 'lavfi', '-i', 'smptehdbars=s=160x90:r=1:d=3600', ...X264, '-g', '30', path);
      return [];
    })),
    frame: 1_000_000,
  }),
  'sensor noise': async (folder) =>
    known('sensor noise', join(folder, 'noise.mp4'), (path) =>
      overlay(path, SHOTS[2] ?? '', 'noise=alls=30:allf=t', 20),
    ),
  flash: async (folder) =>
    known('flash', join(folder, 'flash.mp4'), (path) =>
      // One, two, and six white frames; the last is as long as a photographer's flash looks to a slow sensor.
      overlay(
        path,
        SHOTS[2] ?? '',
        "drawbox=color=white:t=fill:enable='eq(n,50)+between(n,100,101)+between(n,150,155)'",
        10,
      ),
    ),
  'red turns green': async (folder) =>
    known('red turns green', join(folder, 'colour.mp4'), async (path) => {
      // 0x008200 has the lightness of pure red (BT.601), so that only colour tells.
      const graph = `color=0xff0000:s=${SIZE}:r=${RATE}:d=4[a];color=0x008200:s=${SIZE}:r=${RATE}:d=4[b];[a][b]concat[v]`;
      await ffmpeg('-filter_complex', graph, '-map', '[v]', ...X264, path);
      return [atFrame(100, 100)];
    }),
  'small mover': async (folder) => ({
    ...(await known('small mover', join(folder, 'mover.mp4'), (path) =>
      overlay(
        path,
        SHOTS[8] ?? '',
        'null',
        20,
        `color=0xc03020:s=16x24:r=${RATE}[m]`,
        "overlay=x='-20+(t-6)*30':y=120",
      ),
    )),
    // It is wholly inside the picture 20 pixels after it starts at 6 s.
    events: [6_667_000],
  }),
};

async function known(name: string, path: string, make: (path: string) => Promise<SceneChange[]>): Promise<KnownVideo> {
  const scenes = await make(path);
  return { name, path, scenes, events: scenes.map(({ from }) => from), frame: 1_000_000 / RATE };
}

async function overlay(
  path: string,
  source: string,
  filter: string,
  seconds: number,
  second?: string,
  join?: string,
): Promise<SceneChange[]> {
  const base = `${source},trim=end_frame=${seconds * RATE},setsar=1`;
  const graph =
    second === undefined ? `${base},${filter}[v]` : `${base}[b];${second};[b][m]${join}:shortest=1,${filter}[v]`;
  await ffmpeg('-filter_complex', graph, '-map', '[v]', ...X264, path);
  return [];
}

/** Found and expected changes, matched one to one in order; a find may lie `tolerance` outside of its change. */
export function matchScenes(
  found: readonly Micros[],
  expected: readonly SceneChange[],
  tolerance: Micros,
): { hits: number; found: number; expected: number } {
  const free = [...found];
  let hits = 0;
  for (const { from, to } of expected) {
    const index = free.findIndex((time) => time >= from - tolerance && time <= to + tolerance);
    if (index < 0) continue;
    free.splice(index, 1);
    hits++;
  }
  return { hits, found: found.length, expected: expected.length };
}
