import path from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { checkFit } from '../../../src/pipeline/media/fits.ts';
import { NEVER, open } from '../../support/reading.ts';
import { ffmpeg, makeFolder } from '../../support/videos.ts';
import { copiesOf, describeStreams, makeParts, makeVideo, shown, shownSize } from './support/copies.ts';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

// One case of each kind; copies.slow.test.ts has every copy of every video.
let folder: Awaited<ReturnType<typeof makeFolder>>;
beforeAll(async () => {
  folder = await makeFolder();
  await makeParts(folder.path);
  for (const name of ['h264.avi', 'phone.mp4', 'text.mp4']) await makeVideo(folder.path, name);
});
afterAll(() => folder.remove());

test('packets without presentation times: frames stay in order', async () => {
  const { file, notes } = (await copiesOf(folder.path, 'h264.avi', { kinds: ['mux.mp4'] })).get('mux.mp4') ?? {};
  expect(await shown(file ?? '')).toEqual(Array.from({ length: 20 }, (_, n) => n));
  expect(notes).toEqual(['the video was encoded again, because its packets carry no presentation times']);
});

test('rotated by a phone: upright in Matroska and in HLS, in a folder of any name', async () => {
  const made = await copiesOf(folder.path, 'phone.mp4', { to: '50%v %d', kinds: ['mux.mkv', 'hls'] });
  expect(made.size).toBe(2);
  for (const { file } of made.values()) expect(await shownSize(file)).toBe('32x64');
});

test('subtitles are converted, covers become attachments, no track is on that was off', async () => {
  const made = await copiesOf(folder.path, 'text.mp4', { kinds: ['mux.mkv', 'mux.mp4'] });
  expect(await describeStreams(made.get('mux.mkv')?.file ?? '')).toEqual([
    'video h264',
    'subtitle subrip ger default',
    'subtitle subrip eng',
    'cover mjpeg',
  ]);
  expect(await describeStreams(made.get('mux.mp4')?.file ?? '')).toEqual([
    'video h264',
    'subtitle mov_text deu default',
    'subtitle mov_text eng',
    'cover mjpeg',
  ]);
});

test('WebM: sound that it cannot hold is encoded where the text is drawn, and refused where it would be copied', async () => {
  const sound = ['-f', 'lavfi', '-i', 'sine=d=2', '-c:a', 'aac', '-c:v', 'copy', '-shortest'];
  const file = path.join(folder.path, 'sound.mp4');
  await ffmpeg('-i', path.join(folder.path, 'plain.mp4'), ...sound, file);
  const burnt = (await copiesOf(folder.path, 'sound.mp4', { kinds: ['burn.webm'] })).get('burn.webm');
  expect(await describeStreams(burnt?.file ?? '')).toEqual(['video vp9', 'audio opus']);
  expect(burnt?.notes).toEqual(['sound (stream 1, aac) was encoded again, because WebM cannot hold it']);
  const { source, media } = await open(file);
  await expect(checkFit(source, media, 'webm', 'mux', NEVER)).rejects.toMatchObject({
    code: 'write-failed',
    message: `--mux: WebM cannot hold the video (h264) and the sound (aac) of "${file}": use a name that ends in .mp4 or .mkv, or --burn, which encodes video and sound.`,
  });
  await expect(checkFit(source, media, 'mp4', 'embed', NEVER)).resolves.toBeUndefined();
});
