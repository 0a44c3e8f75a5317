import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { IMAGE, meanColour, readAll } from '../support/reading.ts';
import { ffmpeg, makeFolder } from '../support/videos.ts';

const H264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-qp', '4', '-pix_fmt', 'yuv444p'];
/** Left half red, right half blue, and a green bar along the top. */
const FLAG =
  'color=0xff0000:s=128x96:r=5:d=1,drawbox=x=64:w=64:h=96:color=0x0000ff:t=fill,drawbox=w=128:h=24:color=0x00ff00:t=fill';
const RED = [255, 0, 0];
const GREEN = [0, 255, 0];
const BLUE = [0, 0, 255];

function expectNear(colour: number[], expected: readonly number[], tolerance = 12): void {
  for (const [channel, value] of expected.entries()) {
    expect(Math.abs((colour[channel] ?? -999) - value), `${colour} against ${expected}`).toBeLessThanOrEqual(tolerance);
  }
}

describe('pictures of videos', () => {
  let folder: Awaited<ReturnType<typeof makeFolder>>;
  const at = (name: string): string => join(folder.path, name);
  const make = (name: string, ...options: string[]): Promise<string> =>
    ffmpeg('-f', 'lavfi', '-i', FLAG, ...options, at(name));

  beforeAll(async () => {
    folder = await makeFolder();
  });
  afterAll(() => folder.remove());

  it('have the bundle size and are RGB from the top left', async () => {
    const { keyframes, media } = await readAll(await make('flag.mp4', ...H264), 'keyframes');
    const [first] = keyframes;
    expect(media).toMatchObject({ codec: 'h264', width: 128, height: 96, rotation: 0, hdr: false, subtitles: 0 });
    expect(first).toMatchObject({ video: 'flag.mp4', index: 0, width: IMAGE.width, height: IMAGE.height });
    expect(first?.pixels.length).toBe(IMAGE.width * IMAGE.height * 3);
    expectNear(meanColour(first, 0.05, 0, 0.95, 0.2), GREEN);
    expectNear(meanColour(first, 0.05, 0.4, 0.45, 0.95), RED);
    expectNear(meanColour(first, 0.55, 0.4, 0.95, 0.95), BLUE);
  });

  it('are turned as the container says', async () => {
    const flat = await make('flat.mp4', ...H264);
    // Metadata of a camera held upright. Versions of ffmpeg write it in different ways, and turn to different sides.
    const turned = await ffmpeg('-display_rotation', '90', '-i', flat, '-c', 'copy', at('turned.mp4')).catch(() =>
      ffmpeg('-i', flat, '-c', 'copy', '-metadata:s:v', 'rotate=90', at('turned.mp4')),
    );
    const { keyframes, media } = await readAll(turned, 'keyframes');
    expect([90, 270]).toContain(media.rotation);
    const clockwise = media.rotation === 90;
    // The top, green, has come to the right or to the left; the red left half to the top or to the bottom.
    expectNear(meanColour(keyframes[0], clockwise ? 0.8 : 0, 0.05, clockwise ? 1 : 0.2, 0.95), GREEN);
    expectNear(meanColour(keyframes[0], 0.4, 0.05, 0.6, 0.45), clockwise ? RED : BLUE);
    expectNear(meanColour(keyframes[0], 0.4, 0.55, 0.6, 0.95), clockwise ? BLUE : RED);
  });

  it('are cropped to the middle of what is shown, with pixels that are not square', async () => {
    // Shown 256 x 96: of it, cropped to 96:80, the middle 115 remain: 45 % of the width.
    const wide = await make('wide.mp4', '-vf', 'setsar=2', ...H264);
    const square = await make('square.mp4', ...H264);
    const crop = { image: { ...IMAGE, resize: 'crop' as const } };
    const [fromWide] = (await readAll(wide, 'keyframes', crop)).keyframes;
    const [fromSquare] = (await readAll(square, 'keyframes', crop)).keyframes;
    for (const keyframe of [fromWide, fromSquare]) {
      expectNear(meanColour(keyframe, 0.05, 0.4, 0.45, 0.95), RED);
      expectNear(meanColour(keyframe, 0.55, 0.4, 0.95, 0.95), BLUE);
    }
    // A ring that is round when shown has its left and right edge at the same distance as its top and bottom.
    const ring = await ffmpeg(
      ...[
        '-f',
        'lavfi',
        '-i',
        "color=black:s=64x128:r=5:d=1,format=gray,geq=lum='255*lt(hypot((X-32)*2,Y-64),30)',setsar=2",
      ],
      ...[...H264, at('ring.mp4')],
    );
    const [shown] = (await readAll(ring, 'keyframes', { image: { ...IMAGE, width: 80, resize: 'crop' } })).keyframes;
    const reach = (dx: number, dy: number): number => {
      let steps = 0;
      while ((shown?.pixels[((40 + dy * steps) * 80 + 40 + dx * steps) * 3] ?? 0) > 128) steps++;
      return steps;
    };
    expect(Math.abs(reach(1, 0) - reach(0, 1))).toBeLessThanOrEqual(1);
    expect(reach(1, 0)).toBeGreaterThan(14);
  });

  it('keep the matrix of a tagged source, and get the bundle matrix where there is none', async () => {
    const bt709 = ['-vf', 'scale=out_color_matrix=bt709,format=yuv444p', ...H264];
    const tagged = await make('tagged.mp4', ...bt709, '-colorspace', 'bt709');
    const untagged = await make('untagged.mp4', ...bt709);
    const green = async (path: string, matrix: 'bt601' | 'bt709'): Promise<number[]> =>
      meanColour((await readAll(path, 'keyframes', { image: { ...IMAGE, matrix } })).keyframes[0], 0.05, 0, 0.95, 0.2);
    expectNear(await green(tagged, 'bt601'), GREEN, 6);
    expectNear(await green(untagged, 'bt709'), GREEN, 6);
    // Read with the wrong matrix, pure green is off by far more than that.
    expect(
      Math.max(...(await green(untagged, 'bt601')).map((value, channel) => Math.abs(value - (GREEN[channel] ?? 0)))),
    ).toBeGreaterThan(15);
  });

  it('are tone-mapped from HDR: neither washed out nor dark', async () => {
    // PQ codes (10 bits, narrow range) of 203 cd/m2, an ordinary white, and of 10 cd/m2, a dark wall.
    const hdr = await ffmpeg(
      ...['-f', 'lavfi', '-i', 'color=gray:s=128x96:r=5:d=1', '-vf'],
      "format=yuv420p10le,geq=lum='if(lt(X,64),572,327)':cb=512:cr=512",
      ...['-c:v', 'libx265', '-x265-params', 'log-level=none', '-color_trc', 'smpte2084', '-color_primaries', 'bt2020'],
      ...['-colorspace', 'bt2020nc', at('hdr.mkv')],
    );
    const { media, keyframes } = await readAll(hdr, 'keyframes');
    expect(media).toMatchObject({ hdr: true, transfer: 'smpte2084', matrix: 'bt2020nc' });
    const [white = 0] = meanColour(keyframes[0], 0.05, 0.05, 0.45, 0.95);
    const [wall = 0] = meanColour(keyframes[0], 0.55, 0.05, 0.95, 0.95);
    // Untreated they would be 148 and 77: a white that is grey, and little contrast.
    expect(white).toBeGreaterThan(175);
    expect(white).toBeLessThan(250);
    expect(wall).toBeGreaterThan(40);
    expect(wall).toBeLessThan(90);
  });

  it('come from odd sizes and from one single frame', async () => {
    const odd = await ffmpeg(
      '-f',
      'lavfi',
      '-i',
      'color=red:s=101x57:r=5',
      '-frames:v',
      '1',
      '-c:v',
      'ffv1',
      at('odd.mkv'),
    );
    for (const choice of ['auto', 'scene', 'keyframes', 'every:1s']) {
      const { keyframes, report } = await readAll(odd, choice);
      expect(keyframes).toHaveLength(1);
      expect(report).toMatchObject({ frames: 1, keyframes: 1 });
      expectNear(meanColour(keyframes[0]), RED, 8);
    }
  });

  it('come from the real video stream, not from cover art', async () => {
    const cover = await ffmpeg('-f', 'lavfi', '-i', 'color=white:s=600x600', '-frames:v', '1', at('cover.png'));
    const film = await make('film.mp4', ...H264);
    const both = await ffmpeg(
      ...[
        '-i',
        cover,
        '-i',
        film,
        '-map',
        '0',
        '-map',
        '1',
        '-c',
        'copy',
        '-disposition:v:0',
        'attached_pic',
        at('both.mp4'),
      ],
    );
    const { media, keyframes } = await readAll(both, 'keyframes');
    expect(media).toMatchObject({ codec: 'h264', width: 128 });
    expectNear(meanColour(keyframes[0], 0.05, 0.4, 0.45, 0.95), RED);
  });

  it('say when nothing changed since the last one, and are the same on every reading', async () => {
    const path = await ffmpeg(
      ...['-f', 'lavfi', '-i', 'testsrc2=s=128x96:r=5:d=4,tpad=stop_mode=clone:stop_duration=4'],
      ...['-c:v', 'libx264', '-g', '5', '-pix_fmt', 'yuv420p', at('freeze.mp4')],
    );
    const once = await readAll(path, 'every:1s');
    expect(once.keyframes.map(({ still }) => still)).toEqual([false, false, false, false, false, true, true, true]);
    const again = await readAll(path, 'every:1s');
    expect(again.keyframes).toEqual(once.keyframes);
    expect(once.keyframes.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });
});
