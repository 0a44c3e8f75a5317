import { mkdtemp, readdir, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { EXPORT_FORMATS } from '../../../src/web/api/schemas/cues.ts';
import type { StoredVideo } from '../../../src/web/store/documents.ts';
import { exportTrack } from '../../../src/web/videos/export-track.ts';

const VIDEO: StoredVideo = {
  ...{ id: 'v000000000000000000000001', name: 'film.mp4', options: {}, state: 'done', added: 1, keyframes: 1 },
  ...{ source: { kind: 'file', input: '/film.mp4', label: '/film.mp4' }, covered: 4, cues: 1, edited: false },
  ...{ proxy: false, problems: [] },
};

/** Open files of this process below a folder. */
async function openBelow(folder: string): Promise<string[]> {
  const names = await readdir('/proc/self/fd').catch(() => []);
  const files = await Promise.all(names.map((name) => readlink(`/proc/self/fd/${name}`).catch(() => '')));
  return files.filter((file) => file.startsWith(folder));
}

test('an export leaves no file behind, open or not, also where it fails', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'secondglance-test-export-'));
  const before = process.env.TMPDIR;
  process.env.TMPDIR = folder;
  onTestFinished(async () => {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
    await rm(folder, { recursive: true, force: true });
  });
  const cues = [{ start: 0, end: 2, text: 'A test', from: [0] }];
  for (const format of EXPORT_FORMATS) {
    expect(await exportTrack(VIDEO, { cues, origin: 'edits' }, format), format).toContain('A test');
    const broken = [{ ...cues[0], start: 0, end: 2, text: undefined as unknown as string }];
    await expect(exportTrack(VIDEO, { cues: broken, origin: 'edits' }, format), format).rejects.toThrow();
    expect([await readdir(folder), await openBelow(folder)], format).toEqual([[], []]);
  }
});
