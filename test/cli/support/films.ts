import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ffmpeg } from '../../support/videos.ts';
import { colourVideo } from './room.ts';

const run = promisify(execFile);

/** Encoders of pictures and sound, as `colourVideo` and ffmpeg take them. */
export const H264 = ['-c:v', 'libx264', '-g', '20', '-bf', '2', '-pix_fmt', 'yuv420p'];

/**
 * Makes a film of three colours, two seconds each, with a sound: B-frames, and sound that begins before the pictures, as
 * films have them. Its cues of the tiny bundle are red, green and blue.
 */
export async function film(
  file: string,
  pictures: readonly string[] = H264,
  sound: readonly string[] = ['-c:a', 'aac'],
  size = '64x48',
): Promise<string> {
  const silent = `${file}.silent.mkv`;
  await colourVideo(silent, ['red', 'green', 'blue'], 2, pictures, size);
  const tone = ['-f', 'lavfi', '-i', 'sine=d=6'];
  await ffmpeg('-i', silent, ...tone, '-map', '0:v', '-map', '1:a', '-c:v', 'copy', ...sound, file);
  await rm(silent);
  return file;
}

const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url));

/** Makes a film of pictures with text (`fixtures/ocr`), `seconds` each; with `voice`, two sentences are spoken from 1.2 to 4.1 s and from 6.4 to 9.6 s. */
export async function textFilm(
  file: string,
  names: readonly [string, string],
  { seconds, size, voice }: { readonly seconds: number; readonly size: string; readonly voice: boolean },
): Promise<string> {
  const pictures = names.flatMap((name) => {
    return ['-loop', '1', '-framerate', '5', '-t', String(seconds), '-i', fixture(`ocr/${name}.png`)];
  });
  const sound = voice ? ['-i', fixture('speech/two-sentences.ogg')] : [];
  const joined = `[0]scale=${size}[a];[1]scale=${size}[b];[a][b]concat=n=2,format=yuv420p`;
  const mapped = voice ? ['-map', '2:a', '-c:a', 'aac'] : [];
  return ffmpeg(...pictures, ...sound, '-filter_complex', joined, ...mapped, file);
}

/** A stream as ffprobe describes it. */
export interface ProbedStream {
  readonly codec_name: string;
  readonly codec_type: string;
  readonly disposition: Readonly<Record<string, number>>;
  readonly tags?: Readonly<Record<string, string>>;
}

/** The streams of a file, in its order. */
export async function streamsOf(file: string): Promise<ProbedStream[]> {
  const { stdout } = await run('ffprobe', ['-v', 'error', '-show_streams', '-of', 'json', file]);
  return (JSON.parse(stdout) as { streams: ProbedStream[] }).streams;
}

/** A hash of each stream of the given kinds (`v`, `a`, ...): equal where every packet is. */
export async function streamHashes(file: string, ...kinds: string[]): Promise<string[]> {
  const maps = kinds.flatMap((kind) => ['-map', `0:${kind}`]);
  const { stdout } = await run('ffmpeg', ['-v', 'error', '-i', file, ...maps, '-c', 'copy', '-f', 'streamhash', '-']);
  return stdout.trim().split('\n');
}

/** The text of one subtitle stream, as SubRip. */
export async function extracted(file: string, stream = 's:0', how = ['-f', 'srt']): Promise<string> {
  const { stdout } = await run('ffmpeg', ['-v', 'error', '-i', file, '-map', `0:${stream}`, ...how, '-']);
  return stdout.replaceAll('\r', '').trimEnd();
}

/** Presentation times of a stream's packets, in seconds, in the file's order. */
export async function packetTimes(file: string, stream: string): Promise<number[]> {
  const show = ['-select_streams', stream, '-show_entries', 'packet=pts_time', '-of', 'csv=p=0'];
  const { stdout } = await run('ffprobe', ['-v', 'error', ...show, file]);
  return (stdout.match(/^-?\d+\.\d+/gm) ?? []).map(Number);
}
