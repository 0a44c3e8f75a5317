/**
 * What the whole command costs compared with its two parts, in one run on one video:
 *   (a) bare ffmpeg decoding the same frames, (b) bare onnxruntime on the same frames, (c) `secondglance caption`.
 * Prints c / max(a, b, (cpu_a + cpu_b) / cores), frames a second, times real time, and the peak memory of the whole
 * process tree for 6 and for 60 minutes of video.
 *
 *   npm run bench                          a made video
 *   npm run bench -- VIDEO                 another one (its memory is then compared with the video ten times over)
 *   npm run bench -- --model NAME|PATH --passes 1
 */
import { mkdir, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { Keyframe } from '../src/core/types.ts';
import { findFfmpeg } from '../src/ingest/ffmpeg/find-ffmpeg.ts';
import { probe } from '../src/ingest/probe/probe.ts';
import { readKeyframes } from '../src/ingest/read-keyframes.ts';
import type { Source } from '../src/ingest/sources/sources.ts';
import { DEFAULT_BUNDLE, loadBundle } from '../src/workers/bundle/bundle.ts';
import { defaultProcesses } from '../src/workers/pool/cores.ts';
import { bareModel } from './support/bare-model.ts';
import { run } from './support/tree.ts';

const OUT = path.join(import.meta.dirname, 'out');
const MAIN = path.join(import.meta.dirname, '..', 'dist', 'cli', 'main.js');

/** A minute of 720p at 25 frames a second with a cut every five seconds, key frames at least every two, and noise. */
async function makeMinute(ffmpeg: string, file: string): Promise<void> {
  const scenes = Array.from({ length: 12 }, (_, at) => {
    const source = ['testsrc2', 'mandelbrot=start_scale=0.5', 'gradients=speed=0.02'][at % 3] ?? 'testsrc2';
    const glue = source.includes('=') ? ':' : '=';
    return `${source}${glue}size=1280x720:rate=25,trim=duration=5,hue=h=${at * 30},noise=alls=6:allf=t,format=yuv420p,setsar=1[s${at}]`;
  });
  const graph = `${scenes.join(';')};${scenes.map((_, at) => `[s${at}]`).join('')}concat=n=${scenes.length}`;
  const args = ['-v', 'error', '-nostdin', '-y', '-filter_complex', graph, '-c:v', 'libx264', '-preset', 'veryfast'];
  await run(ffmpeg, [...args, '-g', '50', file]);
}

async function repeat(ffmpeg: string, file: string, times: number, out: string): Promise<void> {
  const args = [
    '-v',
    'error',
    '-nostdin',
    '-y',
    '-stream_loop',
    String(times - 1),
    '-i',
    file,
    '-map',
    '0:v',
    '-c',
    'copy',
  ];
  await run(ffmpeg, [...args, out]);
}

async function keyframesOf(video: string, image: Parameters<typeof readKeyframes>[2]['image']): Promise<Keyframe[]> {
  const { signal } = new AbortController();
  const source: Source = { kind: 'file', input: video, name: path.basename(video), label: video };
  const keyframes: Keyframe[] = [];
  const reader = readKeyframes(source, await probe(source, { signal }), { choice: { mode: 'auto' }, image, signal });
  for await (const keyframe of reader) keyframes.push(keyframe);
  return keyframes;
}

/** Key frames only, scaled: the decoding that `auto` asks ffmpeg for. */
async function bareDecode(ffmpeg: string, video: string, width: number, height: number) {
  const scale = `scale=${width}:${height}:flags=bicubic,format=rgb24`;
  const args = ['-v', 'info', '-nostdin', '-benchmark', '-skip_frame', 'nokey', '-i', video, '-vf', scale];
  const { seconds, stderr } = await run(ffmpeg, [...args, '-f', 'rawvideo', '-y', '/dev/null']);
  const [, user = '0', system = '0'] = /utime=([\d.]+)s stime=([\d.]+)s/.exec(stderr) ?? [];
  return { seconds, cpu: Number(user) + Number(system) };
}

function whole(video: string, flags: readonly string[]) {
  const args = [MAIN, 'caption', video, '-o', path.join(OUT, 'bench.vtt'), '--force', '--no-resume', '--quiet'];
  return run(process.execPath, [...args, ...flags], { SECONDGLANCE_STATE_DIR: path.join(OUT, 'state') });
}

const { values, positionals } = parseArgs({
  args: process.argv.slice(2).filter((arg) => arg !== '--'),
  allowPositionals: true,
  options: { model: { type: 'string', default: DEFAULT_BUNDLE }, passes: { type: 'string', default: '2' } },
});
const passes = values.passes === '1' ? 1 : 2;
const { ffmpeg } = await findFfmpeg();
await rm(OUT, { recursive: true, force: true });
await mkdir(OUT, { recursive: true });
let [short] = positionals;
const long = path.join(OUT, 'long.mp4');
if (short === undefined) {
  const minute = path.join(OUT, 'minute.mp4');
  short = path.join(OUT, 'short.mp4');
  await makeMinute(ffmpeg, minute);
  await repeat(ffmpeg, minute, 6, short);
}
await repeat(ffmpeg, short, 10, long);

const { image } = await loadBundle(values.model);
const cores = availableParallelism();
const processes = defaultProcesses();
const keyframes = await keyframesOf(short, image);
const { duration } = await probe(
  { kind: 'file', input: short, name: 'short', label: short },
  { signal: new AbortController().signal },
);
const flags = ['--model', values.model, '--passes', String(passes)];

const a = await bareDecode(ffmpeg, short, image.width, image.height);
const b = await bareModel(keyframes, { model: values.model, passes, processes });
const c = await whole(short, flags);
const floor = Math.max(a.seconds, b.seconds, (a.cpu + b.cpu) / cores);
const tenfold = await whole(long, flags);
await rm(OUT, { recursive: true, force: true });

const mib = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`;
const length = (duration ?? 0) / 1e6;
process.stdout.write(`${path.basename(short)}: ${(length / 60).toFixed(1)} minutes, ${keyframes.length} keyframes, ${passes} passes, ${cores} cores
(a) bare ffmpeg         ${a.seconds.toFixed(2)} s (cpu ${a.cpu.toFixed(2)} s)
(b) bare onnxruntime    ${b.seconds.toFixed(2)} s (cpu ${b.cpu.toFixed(2)} s, ${processes} processes)
(c) secondglance        ${c.seconds.toFixed(2)} s
c / max(a, b, (cpu_a + cpu_b) / cores)   ${(c.seconds / floor).toFixed(2)}
keyframes a second      ${(keyframes.length / c.seconds).toFixed(1)}
times real time         ${(length / c.seconds).toFixed(1)}
peak memory             ${mib(c.peakRss)}; for ten times the video ${mib(tenfold.peakRss)}, ratio ${(tenfold.peakRss / c.peakRss).toFixed(2)}
`);
