import { appendFile, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebVTTParser } from 'webvtt-parser';
import { DayFiles } from '../../../src/live/outputs/files/day-files.ts';
import { makeFolder } from '../../support/videos.ts';
import { cue, NOON, openCue, state } from './support/events.ts';

const HOUR = 3600;
let folder: Awaited<ReturnType<typeof makeFolder>>;
beforeEach(async () => {
  folder = await makeFolder();
});
afterEach(() => folder.remove());

const open = (format: 'vtt' | 'jsonl', zone = 'UTC'): DayFiles => new DayFiles('front', folder.path, zone, format);
const read = (name: string): Promise<string> => readFile(path.join(folder.path, name), 'utf8');
const parsed = async (name: string) => new WebVTTParser({}).parse(await read(name), 'metadata');

test('a file a day of the zone; times count from its midnight', async () => {
  const berlin = open('vtt', 'Europe/Berlin');
  await berlin.take(cue(0, 4.25, 'A <b> & a dog'));
  // 23:59:58 in Berlin, and the next day.
  await berlin.take(cue(11 * HOUR - 2, 11 * HOUR + 5, 'A cat'));
  await berlin.take(cue(11 * HOUR + 5, 11 * HOUR + 9, 'A cow'));
  expect((await readdir(folder.path)).sort()).toEqual(['2026-11-26.vtt', '2026-11-27.vtt']);
  expect(await read('2026-11-26.vtt')).toMatch(
    /^WEBVTT\n\nNOTE front: 00:00:00\.000 is 2026-11-26T00:00:00\.000\+01:00 \(Europe\/Berlin\)\. Written by secondglance .*\n\n13:00:00\.000 --> 13:00:04\.250\nA &lt;b&gt; &amp; a dog\n\n23:59:58\.000 --> 24:00:05\.000\nA cat\n$/,
  );
  const { cues, errors } = await parsed('2026-11-27.vtt');
  expect({ errors, cues: cues.map(({ startTime, text }) => [startTime, text]) }).toEqual({
    errors: [],
    cues: [[5, 'A cow']],
  });
});

test('jsonl: one cue a line, with the offset of the zone', async () => {
  const output = open('jsonl', 'Europe/Berlin');
  await output.take(cue(0, 4.25, 'A "dog"'));
  expect(await read('2026-11-26.jsonl')).toBe(
    '{"source":"front","start":"2026-11-26T13:00:00.000+01:00","end":"2026-11-26T13:00:04.250+01:00","text":"A \\"dog\\"","confidence":0.9}\n',
  );
});

test.each(['vtt', 'jsonl'] as const)(
  '%s: what a killed run left half is removed; what is there is not repeated',
  async (format) => {
    const name = `2026-11-26.${format}`;
    const first = open(format);
    await first.take(cue(0, 2, 'A dog \u00e4'));
    const whole = (await read(name)).length;
    await first.take(cue(2, 4, 'A cat'));
    const full = await readFile(path.join(folder.path, name));
    // Wherever the last write was cut.
    for (let cut = full.length - 1; cut >= whole; cut -= 5) {
      await writeFile(path.join(folder.path, name), full);
      await truncate(path.join(folder.path, name), cut);
      const next = open(format);
      for (const again of [cue(0, 2, 'A dog \u00e4'), cue(2, 4, 'A cat')]) await next.take(again);
      expect(await readFile(path.join(folder.path, name))).toEqual(full);
    }
    // Zeros, as a power failure leaves them.
    await appendFile(path.join(folder.path, name), Buffer.alloc(100));
    await open(format).take(cue(2, 4, 'A cat'));
    expect(await readFile(path.join(folder.path, name))).toEqual(full);
  },
);

test.each(['vtt', 'jsonl'] as const)(
  '%s: a caption that was shown for hours is not lost with a kill, and not written twice',
  async (format) => {
    const name = `2026-11-26.${format}`;
    const first = open(format);
    await first.take(cue(0, 2, 'A dog'));
    await first.take(openCue(2, 2, 'A gate'));
    expect(await readdir(folder.path)).toEqual([name]);
    await first.take(openCue(2, 7200, 'A gate'));
    expect(await readdir(folder.path)).toHaveLength(2);
    const second = open(format);
    await second.take(state(7300, 'connecting'));
    const whole = await read(name);
    expect(whole.match(/A gate/g)).toHaveLength(1);
    expect(await readdir(folder.path)).toEqual([name]);
    // Killed between the entry and the removal of the small file.
    await second.take(openCue(7300, 7310, 'A cow'));
    const small = (await readdir(folder.path)).find((one) => one.startsWith('.')) ?? '';
    const kept = await read(small);
    await second.take(cue(7300, 7312, 'A cow'));
    await writeFile(path.join(folder.path, small), kept);
    await open(format).take(state(7320, 'connecting'));
    expect((await read(name)).match(/A cow/g)).toHaveLength(1);
    // One that is torn is no reason to stop.
    await writeFile(path.join(folder.path, small), kept.slice(0, 20));
    await open(format).take(cue(7330, 7331, 'A cat'));
    expect(await read(name)).toMatch(/A cat/);
    expect(await readdir(folder.path)).toEqual([name]);
  },
);

test('a file that was moved away is begun anew; one of somebody else is not touched', async () => {
  const output = open('vtt');
  await output.take(cue(0, 2, 'A dog'));
  await truncate(path.join(folder.path, '2026-11-26.vtt'), 0);
  await output.take(cue(2, 4, 'A cat'));
  expect((await parsed('2026-11-26.vtt')).cues).toHaveLength(1);
  await writeFile(path.join(folder.path, '2026-11-27.vtt'), 'my notes');
  const tomorrow = (NOON + 24 * HOUR * 1000 - NOON) / 1000;
  await expect(output.take(cue(tomorrow, tomorrow + 1, 'A cow'))).rejects.toThrow(/already exists.*move it away/);
  expect(await read('2026-11-27.vtt')).toBe('my notes');
});
