import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import type { RawPicture } from '../../src/workers/regions/detail-regions.ts';
import { isAnythingVisible } from '../../src/workers/visibility.ts';

const [WIDTH, HEIGHT] = [224, 224];

/** The first picture of a lavfi source, scaled as for a model. */
function drawn(source: string): RawPicture {
  const scaled = `${source},scale=${WIDTH}:${HEIGHT}:flags=bicubic,format=rgb24`;
  const args = ['-v', 'error', '-f', 'lavfi', '-i', scaled, '-frames:v', '1', '-f', 'rawvideo', '-'];
  const { stdout, stderr } = spawnSync('ffmpeg', args, { maxBuffer: 2 ** 24 });
  expect({ source, stderr: stderr.toString(), bytes: stdout.length }).toEqual({
    source,
    stderr: '',
    bytes: WIDTH * HEIGHT * 3,
  });
  return { pixels: stdout, width: WIDTH, height: HEIGHT };
}

describe('nothing is visible', () => {
  test.each([
    'color=black:s=320x240',
    'color=white:s=320x240',
    'color=gray:s=320x240',
    // No signal, as many recorders show it.
    'color=0x0000c0:s=320x240',
    'color=black:s=320x240,noise=alls=16:allf=t',
    'color=gray:s=320x240,noise=alls=12:allf=t',
    // A scene at a twelfth of its light, as in the first frames of a fade.
    'testsrc2=s=320x240,lutrgb=r=val/12:g=val/12:b=val/12',
    'smptebars=s=640x480',
    'smptehdbars=s=640x360',
    'pal75bars=s=720x576',
    'pal100bars=s=720x576',
  ])('%s', (source) => {
    expect(isAnythingVisible(drawn(source))).toBe(false);
  });
});

describe('something is visible', () => {
  test.each([
    'testsrc2=s=320x240',
    'mandelbrot=s=320x240',
    // Dusk: a quarter of the light.
    'testsrc2=s=320x240,lutrgb=r=val/4:g=val/4:b=val/4',
    // A small light in the dark, a bird in the sky, a line on a wall, fog.
    'color=black:s=320x240,drawbox=x=150:y=110:w=20:h=20:t=fill:color=white',
    'color=0x87ceeb:s=320x240,drawbox=x=200:y=60:w=12:h=8:t=fill:color=0x303030',
    'color=0xf0f0f0:s=320x240,drawbox=x=0:y=120:w=320:h=3:t=fill:color=0x808080',
    'gradients=s=320x240:c0=0x808080:c1=0xa8a8a8:x0=0:y0=0:x1=0:y1=240',
    // Upright stripes are no test card by themselves: a fence, a flag.
    "color=white:s=320x240,geq=r='255*mod(floor(X/20),2)':g='128*mod(floor(X/20),2)':b=40",
    "color=white:s=320x240,geq=r='if(lt(X,107),0,255)':g='if(lt(X,107),85,if(lt(X,214),255,65))':b='if(lt(X,107),164,if(lt(X,214),255,53))'",
  ])('%s', (source) => {
    expect(isAnythingVisible(drawn(source))).toBe(true);
  });
});

test('pictures of any size', () => {
  for (const [width, height] of [
    [1, 1],
    [16, 16],
    [3, 200],
  ] as const) {
    const pixels = new Uint8Array(width * height * 3).fill(200);
    expect(isAnythingVisible({ pixels, width, height })).toBe(false);
  }
});
