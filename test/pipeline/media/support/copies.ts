import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { probe } from '../../../../src/ingest/probe/probe.ts';
import { listStreams } from '../../../../src/ingest/probe/streams.ts';
import type { Source } from '../../../../src/ingest/sources/sources.ts';
import { burnTrack } from '../../../../src/pipeline/media/burn.ts';
import { CHAPTER_CONTAINERS } from '../../../../src/pipeline/media/containers.ts';
import { cutClip } from '../../../../src/pipeline/media/cut.ts';
import { chapterList, embedChapters } from '../../../../src/pipeline/media/embed-chapters.ts';
import { muxTrack } from '../../../../src/pipeline/media/mux.ts';
import { segmentVideo } from '../../../../src/pipeline/media/segment.ts';
import { ffmpeg } from '../../../support/videos.ts';

const run = promisify(execFile);
const signal = new AbortController().signal;

const SRT = '1\n00:00:00,200 --> 00:00:01,000\nHello\n';
const ASS = `[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, Alignment
Style: Default,Arial,20,&H00FFFFFF,2

[Events]
Format: Layer, Start, End, Style, Text
Dialogue: 0,0:00:00.20,0:00:01.00,Default,Hello
`;
/** Frame n is a grey of 8 n + 16, so that its brightness tells the order. */
const GREYS = ['-f', 'lavfi', '-i', "color=black:s=64x32:r=10:d=2,format=gray,geq=lum='8*N+16'"];
const X264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '2', '-g', '10', '-pix_fmt', 'yuv420p'];
const B_FRAMES = ['-bf', '2', '-q:v', '2'];

/** A PGS subtitle stream (Blu-ray) of two empty pictures. */
function pgs(): Buffer {
  const segment = (type: number, pts: number, body: Buffer): Buffer => {
    const head = Buffer.alloc(13);
    head.write('PG');
    head.writeUInt32BE(pts, 2);
    head[10] = type;
    head.writeUInt16BE(body.length, 11);
    return Buffer.concat([head, body]);
  };
  const composition = Buffer.from([0, 64, 0, 32, 0x10, 0, 0, 0x80, 0, 0, 0]);
  const at = (pts: number): Buffer[] => [segment(0x16, pts, composition), segment(0x80, pts, Buffer.alloc(0))];
  return Buffer.concat([...at(18_000), ...at(90_000)]);
}

/** How each video of {@link makeVideo} is made in `folder`. */
const VIDEOS: Readonly<Record<string, (folder: string) => readonly string[]>> = {
  'plain.mp4': () => [...GREYS, ...X264],
  'raw.h264': () => [...GREYS, ...X264, '-f', 'h264'],
  'b.avi': () => [...GREYS, '-c:v', 'mpeg4', ...B_FRAMES],
  'v.vob': () => [...GREYS, '-r', '25', '-c:v', 'mpeg2video', ...B_FRAMES, '-f', 'vob'],
  'h264.avi': (folder) => [...plain(folder), '-c', 'copy', '-bsf:v', 'h264_mp4toannexb', '-f', 'avi'],
  'phone.mp4': (folder) => [...plain(folder), '-c', 'copy', '-metadata:s:v', 'rotate=90'],
  'text.mp4': (folder) => [
    ...[...plain(folder), '-i', path.join(folder, 's.srt'), '-i', path.join(folder, 'cover.jpg')],
    ...['-map', '0', '-map', '1', '-map', '2', '-c', 'copy', '-c:s', 'mov_text'],
    ...['-disposition:v:1', 'attached_pic', '-metadata:s:s', 'language=deu'],
  ],
  'text.mkv': (folder) => [
    ...[...plain(folder), ...['s.ass', 's.srt', 's.sup'].flatMap((name) => ['-i', path.join(folder, name)])],
    ...['-map', '0', '-map', '1', '-map', '2', '-map', '3', '-c', 'copy', '-attach', path.join(folder, 'font.ttf')],
    ...['-metadata:s:t', 'mimetype=font/ttf', '-metadata:s:t', 'filename=font.ttf'],
    ...['-metadata:s:s:0', 'language=ger', '-disposition:s', '0'],
  ],
};

function plain(folder: string): string[] {
  return ['-i', path.join(folder, 'plain.mp4')];
}

/** Makes the subtitles, the cover and the font that the videos are made of, and `plain.mp4`. */
export async function makeParts(folder: string): Promise<void> {
  const at = (name: string): string => path.join(folder, name);
  await Promise.all([
    writeFile(at('s.srt'), SRT),
    writeFile(at('s.ass'), ASS),
    writeFile(at('s.sup'), pgs()),
    writeFile(at('font.ttf'), 'not really a font'),
    writeFile(at('chapters'), chapterList([{ start: 0, end: 1_000_000, title: 'One' }])),
    ffmpeg('-f', 'lavfi', '-i', 'color=red:s=16x16', '-frames:v', '1', at('cover.jpg')),
    makeVideo(folder, 'plain.mp4'),
  ]);
}

/** Makes one of the videos. */
export function makeVideo(folder: string, name: string): Promise<string> {
  return ffmpeg(...(VIDEOS[name]?.(folder) ?? []), path.join(folder, name));
}

/** A copy of a video, and what was said of it. */
export interface Copy {
  readonly file: string;
  readonly notes: readonly string[];
}

/** Makes copies of a video into `to`: those of `kinds`, or one of every kind. */
export async function copiesOf(
  folder: string,
  name: string,
  { to = `${name} copies`, kinds }: { readonly to?: string; readonly kinds?: readonly string[] } = {},
): Promise<Map<string, Copy>> {
  const at = (part: string): string => path.join(folder, part);
  const source: Source = { kind: 'file', input: at(name), name, label: name };
  const media = await probe(source, { signal });
  await mkdir(at(to));
  const copies = new Map<string, Copy>();
  const add = async (kind: string, make: (file: string) => Promise<readonly string[]>, file = kind): Promise<void> => {
    if (kinds !== undefined && !kinds.includes(kind)) return;
    const target = path.join(at(to), file);
    copies.set(kind, { file: target, notes: await make(target) });
  };
  for (const extension of ['.mp4', '.mkv']) {
    const track = { file: at('s.srt'), kind: 'subtitles', language: 'en' } as const;
    await add(`mux${extension}`, (file) => muxTrack(source, media, track, file, extension, signal));
    await add(`burn${extension}`, (file) => burnTrack(source, media, at('s.ass'), file, extension, signal));
  }
  await add('burn.webm', (file) => burnTrack(source, media, at('s.ass'), file, '.webm', signal));
  for (const extension of ['.mp4', '.mov', '.mkv']) {
    const format = CHAPTER_CONTAINERS[extension] ?? 'mp4';
    await add(`embed${extension}`, (file) => embedChapters(source, media, at('chapters'), file, format, signal));
  }
  await add('export.mp4', async (file) => {
    await cutClip(source, media, { from: 0, length: 1_900_000, recorded: 0 }, file, signal);
    return [];
  });
  if (media.codec === 'h264') {
    await add('hls', async () => (await segmentVideo(source, media, at(to), signal)).notes, 'video.mp4');
  }
  return copies;
}

/** Numbers of the frames that a player shows, by their brightness. */
export async function shown(file: string): Promise<number[]> {
  const args = ['-v', 'error', '-i', file, '-map', '0:v:0', '-vf', 'crop=4:4:0:0,scale=1:1:flags=area,format=gray'];
  const { stdout } = await run('ffmpeg', [...args, '-fps_mode', 'passthrough', '-f', 'rawvideo', '-'], {
    encoding: 'buffer',
  });
  return [...stdout].map((grey) => Math.round((grey - 16) / 8));
}

/** `64x32`: the size in which players show a video. */
export async function shownSize(file: string): Promise<string> {
  const picture = `${file}.png`;
  await ffmpeg('-i', file, '-frames:v', '1', picture);
  const { width, height } = await probe({ kind: 'file', input: picture, name: 'p', label: 'p' }, { signal });
  return `${width}x${height}`;
}

/** `subtitle mov_text deu default`, ... of a copy. */
export async function describeStreams(file: string): Promise<string[]> {
  const streams = await listStreams({ kind: 'file', input: file, name: 'copy', label: 'copy' }, signal);
  return streams.map(({ kind, codec, tags, flags }) => {
    const label = [tags.language ?? 'und', ...(flags.includes('default') ? ['default'] : [])];
    return [kind, codec ?? '-', ...(kind === 'subtitle' ? label : [])].join(' ');
  });
}
