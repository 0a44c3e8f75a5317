import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { makeFolder } from '../../support/videos.ts';
import { type Copy, copiesOf, describeStreams, makeParts, makeVideo, shown, shownSize } from './support/copies.ts';

vi.setConfig({ testTimeout: 600_000, hookTimeout: 300_000 });

let folder: Awaited<ReturnType<typeof makeFolder>>;
beforeAll(async () => {
  folder = await makeFolder();
  await makeParts(folder.path);
});
afterAll(() => folder.remove());

async function copies(name: string): Promise<Map<string, Copy>> {
  await makeVideo(folder.path, name);
  return copiesOf(folder.path, name);
}

describe('every copy of every video', () => {
  test.each(['raw.h264', 'h264.avi', 'b.avi', 'v.vob'])('%s: frames stay in order', async (name) => {
    const ascending = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b);
    for (const [kind, { file, notes }] of await copies(name)) {
      const frames = await shown(file);
      expect({ kind, frames }).toEqual({ kind, frames: ascending(frames) });
      expect(new Set(frames).size).toBeGreaterThanOrEqual(17);
      if (kind.startsWith('mux'))
        expect(notes.join()).toContain('encoded again, because its packets carry no presentation');
    }
  });

  test('rotated by a phone: upright in all of them', async () => {
    for (const [kind, { file }] of await copies('phone.mp4')) {
      expect({ kind, size: await shownSize(file) }).toEqual({ kind, size: '32x64' });
    }
  });

  test('MP4 with text, a language and a cover', async () => {
    const made = await copies('text.mp4');
    const found: Record<string, string[]> = {};
    for (const [kind, { file }] of made) found[kind] = await describeStreams(file);
    const [own, ours] = ['subtitle mov_text deu default', 'subtitle mov_text eng'];
    const mkv = ['video h264', 'subtitle subrip ger default'];
    expect(found).toEqual({
      'mux.mp4': ['video h264', own, ours, 'cover mjpeg'],
      'burn.mp4': ['video h264', own, 'cover mjpeg'],
      'embed.mp4': ['video h264', own, 'other bin_data', 'cover mjpeg'],
      'embed.mov': ['video h264', own.replace('deu', 'ger'), 'other bin_data'],
      'mux.mkv': [...mkv, 'subtitle subrip eng', 'cover mjpeg'],
      'burn.mkv': [...mkv, 'cover mjpeg'],
      'embed.mkv': [...mkv, 'cover mjpeg'],
      'burn.webm': ['video vp9', 'subtitle webvtt ger default'],
      'export.mp4': ['video h264'],
      hls: ['video h264'],
    });
    expect(made.get('burn.webm')?.notes).toEqual([
      'left out: a cover picture (stream 2, mjpeg), which WebM cannot hold; a copy that ends in .mkv keeps most',
    ]);
    expect(made.get('mux.mkv')?.notes).toEqual([]);
  });

  test('Matroska with styles, pictures and a font: texts convert, the rest stays or is named', async () => {
    const made = await copies('text.mkv');
    const found: Record<string, string[]> = {};
    for (const [kind, { file }] of made) found[kind] = (await describeStreams(file)).slice(1);
    const texts = ['subtitle mov_text deu', 'subtitle mov_text und'];
    const all = ['subtitle ass ger', 'subtitle subrip und', 'subtitle hdmv_pgs_subtitle und'];
    expect(found).toMatchObject({
      'mux.mp4': [...texts, 'subtitle mov_text eng'],
      'burn.mp4': texts,
      'embed.mov': ['subtitle mov_text ger', 'subtitle mov_text und', 'other bin_data'],
      'mux.mkv': [...all, 'subtitle subrip eng', 'attachment -'],
      'burn.mkv': [...all, 'attachment -'],
      'embed.mkv': [...all, 'attachment -'],
      'burn.webm': ['subtitle webvtt ger', 'subtitle webvtt und'],
    });
    expect(made.get('embed.mp4')?.notes).toEqual([
      'left out: subtitles (stream 3, hdmv_pgs_subtitle), which MP4 cannot hold; a copy that ends in .mkv keeps most',
      'left out: attachments (stream 4, font.ttf), which MP4 cannot hold; a copy that ends in .mkv keeps most',
      'subtitles (stream 1, ass) became plain text: MP4 has no styles',
    ]);
    expect(made.get('burn.mkv')?.notes).toEqual([]);
  });

  test('in a folder of any name', async () => {
    const to = '50%v %d %% it\'s [a], b; c: "d"\\e\n🎬';
    for (const { file } of (await copiesOf(folder.path, 'plain.mp4', { to })).values()) {
      expect((await shown(file)).length).toBeGreaterThanOrEqual(19);
    }
  });
});
