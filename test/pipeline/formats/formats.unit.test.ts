import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import {
  formatOfExtension,
  openTrackWriter,
  TRACK_FORMATS,
  trackFormat,
} from '../../../src/pipeline/formats/formats.ts';
import type { TrackFormat } from '../../../src/pipeline/formats/track-format.ts';
import { openFileSink } from '../../../src/storage/file-sink.ts';
import { temporaryFolder } from '../../storage/support/folder.ts';
import { HEADER } from '../support/captions.ts';

test('names and extensions identify a format, and every format has a description', () => {
  for (const format of TRACK_FORMATS) {
    expect(trackFormat(format.name)).toBe(format);
    expect(formatOfExtension(format.extension)).toBe(format.name);
    expect(format.description).toMatch(/\w/);
  }
  expect(trackFormat('docx')).toBeUndefined();
  expect(formatOfExtension('docx')).toBeUndefined();
});

/** A format of a library's user: one line per cue. */
const LINES: TrackFormat = {
  name: 'lines',
  extension: 'lines',
  description: 'one line per cue',
  async open(sink, { source }) {
    await sink.write(`${source.name}\n`);
    return {
      async caption() {},
      async cue({ text }) {
        await sink.write(`${text}\n`);
      },
      finish: () => sink.commit(),
      abort: () => sink.discard(),
    };
  },
};

test('a format of your own is written like a built-in one', async () => {
  const file = path.join(await temporaryFolder(), 'a.lines');
  const writer = await openTrackWriter(LINES, await openFileSink(file), HEADER);
  await writer.cue({ start: 0, end: 1e6, text: 'A dog', from: [0] });
  await writer.finish({ end: 1e6 });
  expect(await readFile(file, 'utf8')).toBe('holiday.mp4\nA dog\n');
});

test('a writer that cannot be opened leaves nothing', async () => {
  const folder = await temporaryFolder();
  const broken: TrackFormat = { ...LINES, open: () => Promise.reject(new Error('no')) };
  await expect(openTrackWriter(broken, await openFileSink(path.join(folder, 'a.lines')), HEADER)).rejects.toThrow('no');
  expect(await readdir(folder)).toEqual([]);
});
