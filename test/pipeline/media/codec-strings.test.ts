import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { probe } from '../../../src/ingest/probe/probe.ts';
import { codecStrings } from '../../../src/pipeline/media/codec-strings.ts';
import { segmentVideo } from '../../../src/pipeline/media/segment.ts';
import { NEVER, sourceOf } from '../../support/reading.ts';
import { ffmpeg, makeFolder } from '../../support/videos.ts';

vi.setConfig({ testTimeout: 240_000 });

const PICTURES = ['-f', 'lavfi', '-i', 'testsrc2=s=64x48:r=10:d=1'];
const SOUND = ['-f', 'lavfi', '-i', 'sine=d=1'];
const X264 = ['-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-level', '3.1', '-profile:v'];

let folder: { path: string; remove: () => Promise<void> };
beforeAll(async () => {
  folder = await makeFolder();
});
afterAll(() => folder.remove());

/** The `CODECS` of a master playlist. */
function codecsOf(master: string): string | undefined {
  return /CODECS="([^"]+)"/.exec(master)?.[1];
}

async function codecsOfVideo(file: string): Promise<string | undefined> {
  const to = `${file}.hls`;
  await mkdir(to);
  const source = await sourceOf(file);
  const { master } = await segmentVideo(source, await probe(source, { signal: NEVER }), to, NEVER);
  return codecsOf(master);
}

describe('CODECS of what HLS players are given', () => {
  test.each([
    ['baseline', 'aac', 'avc1.42C01F,mp4a.40.2'],
    ['main', 'libmp3lame', 'avc1.4D401F,mp4a.40.34'],
    ['high', 'ac3', 'avc1.64001F,ac-3'],
  ])('H.264 %s with %s: %s', async (profile, sound, codecs) => {
    const file = path.join(folder.path, `${profile}.mp4`);
    await ffmpeg(...PICTURES, ...SOUND, ...X264, profile, '-c:a', sound, file);
    expect(await codecsOfVideo(file)).toBe(codecs);
  });

  test('VP9 and Opus, AV1, HEVC', async () => {
    const at = (name: string): string => path.join(folder.path, name);
    const tiny = ['-frames:v', '2'];
    await ffmpeg(...PICTURES, ...SOUND, '-c:v', 'libvpx-vp9', '-c:a', 'libopus', at('vp9.webm'));
    await ffmpeg(...PICTURES, ...tiny, '-c:v', 'libaom-av1', '-cpu-used', '8', at('av1.mp4'));
    const x265 = ['-c:v', 'libx265', '-x265-params', 'log-level=none', '-pix_fmt', 'yuv420p10le'];
    await ffmpeg(...PICTURES, ...tiny, ...x265, at('hevc.mp4'));
    // The strings that https://cconcolato.github.io/media-mime-support/ and Apple's authoring guide have for such streams.
    expect(await codecsOfVideo(at('vp9.webm'))).toBe('vp09.00.10.08,Opus');
    expect(await codecsOfVideo(at('av1.mp4'))).toMatch(/^av01\.0\.0\dM\.08$/);
    expect(await codecsOfVideo(at('hevc.mp4'))).toMatch(/^hvc1\.2\.4\.L30\.9[0-9A-F]/);
  });

  test('unknown and truncated files have no codec strings', async () => {
    expect(codecStrings(Buffer.alloc(0))).toBeUndefined();
    expect(codecStrings(Buffer.from('no MP4 at all, but some bytes'))).toBeUndefined();
    const stem = path.join(folder.path, 'cut');
    await ffmpeg(...PICTURES, ...X264, 'high', '-movflags', '+faststart', `${stem}.mp4`);
    const whole = await readFile(`${stem}.mp4`);
    expect(codecStrings(whole)).toEqual(['avc1.64001F']);
    for (let length = 0; length < 600; length += 7) expect(codecStrings(whole.subarray(0, length))).toBeUndefined();
    const renamed = Buffer.from(whole.toString('latin1').replace('avc1', 'zzzz').replace('avcC', 'zzzC'), 'latin1');
    expect(codecStrings(renamed)).toBeUndefined();
  });
});
