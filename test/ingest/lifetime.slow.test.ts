import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { probe } from '../../src/ingest/probe/probe.ts';
import { readKeyframes } from '../../src/ingest/read-keyframes.ts';
import { parseChoice } from '../../src/ingest/selectors/registry.ts';
import { IMAGE, NEVER, readAll, sourceOf } from '../support/reading.ts';
import { firstFrames, standIn } from '../support/stand-in.ts';
import { ffmpeg, makeFolder } from '../support/videos.ts';

describe('with an ffmpeg that hangs', () => {
  const { env } = process;
  let folder: Awaited<ReturnType<typeof makeFolder>>;
  const at = (name: string): string => join(folder.path, name);
  beforeAll(async () => {
    folder = await makeFolder();
    const x264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '25', '-pix_fmt', 'yuv420p'];
    await ffmpeg('-f', 'lavfi', '-i', 'testsrc2=s=320x240:r=25:d=20', ...x264, at('film.mp4'));
  });
  afterEach(() => {
    process.env = env;
  });
  afterAll(() => folder.remove());

  it('goes on where it was if the second try works', async () => {
    const whole = await readAll(at('film.mp4'), 'every:1s');
    // The first try hangs after 7 frames.
    const once = `[ $(wc -l < "$0.runs") -gt 1 ] && exec REAL "$@"\n${firstFrames(7)}\nexec sleep 600`;
    const runs = await standIn(at('once'), once);
    const resumed = await readAll(at('film.mp4'), 'every:1s', { stallMs: 3000 });
    expect(await runs()).toBe(2);
    expect(resumed.keyframes).toEqual(whole.keyframes);
  });

  it('does not mistake a slow reader for a hang', async () => {
    const source = await sourceOf(at('film.mp4'));
    const media = await probe(source, { signal: NEVER });
    const reader = readKeyframes(source, media, {
      choice: parseChoice('every:5s'),
      image: IMAGE,
      signal: NEVER,
      stallMs: 2500,
    });
    let count = 0;
    for await (const _ of reader) {
      if (++count === 1) await setTimeout(4000);
    }
    expect(count).toBe(4);
  });
});
