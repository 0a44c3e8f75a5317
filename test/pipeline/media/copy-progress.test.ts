import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { muxTrack } from '../../../src/pipeline/media/mux.ts';
import { makeProxy } from '../../../src/pipeline/media/proxy.ts';
import { NEVER, open } from '../../support/reading.ts';
import { ffmpeg, makeFolder } from '../../support/videos.ts';

test('copies report how much of them is written, up to all of it', async () => {
  const folder = await makeFolder();
  onTestFinished(folder.remove);
  const at = (name: string) => path.join(folder.path, name);
  await ffmpeg('-f', 'lavfi', '-i', 'testsrc=s=64x48:r=10:d=6', at('film.mkv'));
  const { source, media } = await open(at('film.mkv'));
  const track = { file: at('track.srt'), kind: 'subtitles', language: 'en' } as const;
  await writeFile(track.file, '1\n00:00:00,000 --> 00:00:02,000\nA test\n');
  const copies = {
    mux: (onShare: (share: number) => void) => muxTrack(source, media, track, at('a.mkv'), '.mkv', NEVER, onShare),
    proxy: (onShare: (share: number) => void) => makeProxy(source, media, at('b.mp4'), NEVER, onShare),
  };
  for (const [name, copy] of Object.entries(copies)) {
    const shares: number[] = [];
    await copy((share) => shares.push(share));
    expect(shares.length, name).toBeGreaterThan(0);
    expect(shares, name).toEqual([...shares].sort((a, b) => a - b));
    expect(shares.at(-1), name).toBeGreaterThan(0.9);
    expect(shares.at(-1), name).toBeLessThanOrEqual(1);
  }
  // Where the duration is not known, there is no share.
  const unknown: number[] = [];
  await makeProxy(source, { ...media, duration: null }, at('c.mp4'), NEVER, (share) => unknown.push(share));
  expect(unknown).toEqual([]);
});
