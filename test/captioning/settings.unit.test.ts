import { describe, expect, test } from 'vitest';
import { applyModelDefaults, type CaptionFlags, parseTime, readSettings } from '../../src/captioning/settings.ts';
import { UsageError } from '../../src/core/failures.ts';
import { loadBundle } from '../../src/workers/bundle/bundle.ts';
import { buildTinyBundle } from '../support/tiny-bundle.ts';
import { makeFolder } from '../support/videos.ts';

const plain: CaptionFlags = {
  frames: 'auto',
  looks: '2',
  profile: 'web',
  kind: 'descriptions',
  language: 'en',
  resume: true,
};

test.each([
  ['90', 90_000_000],
  ['90s', 90_000_000],
  ['0', 0],
  ['1.5', 1_500_000],
  ['250ms', 250_000],
  ['2m', 120_000_000],
  ['1.5h', 5_400_000_000],
  ['1:30', 90_000_000],
  ['90:00', 5_400_000_000],
  ['1:02:03.5', 3_723_500_000],
  ['26:00:00.000001', 93_600_000_001],
])('%s is %d microseconds', (text, micros) => {
  expect(parseTime(text, '--from')).toBe(micros);
});

test.each(['', 'soon', '-1', '1:2:3:4', '1:99999', '5 s', '1e3', '1:', ':30', '0x10', '1:75', '1:60:00'])(
  '"%s" is no time',
  (text) => {
    expect(() => parseTime(text, '--to')).toThrow(UsageError);
    expect(() => parseTime(text, '--to')).toThrow(/^--to .*not a time/);
  },
);

describe('flags', () => {
  test('what is not given has its default', () => {
    expect(readSettings(plain)).toEqual({
      output: {},
      choice: { mode: 'auto' },
      passes: 2,
      profile: 'web',
      kind: 'descriptions',
      language: 'en',
      resume: true,
      force: false,
      quiet: false,
      verbose: false,
      json: false,
    });
  });

  test('the least confidence is what the bundle brings, unless another is given', async () => {
    const folder = await makeFolder();
    try {
      const bundle = await loadBundle(await buildTinyBundle(folder.path, { generation: { minConfidence: 0.4 } }));
      const least = (minConfidence?: string) =>
        applyModelDefaults(
          readSettings({ ...plain, ...(minConfidence === undefined ? {} : { minConfidence }) }),
          bundle,
        ).minConfidence;
      expect([least(), least('0'), least('0.7')]).toEqual([0.4, 0, 0.7]);
    } finally {
      await folder.remove();
    }
  });

  test('what is given is read', () => {
    const flags = { output: 'x/', format: 'vtt,srt', frames: 'every:500ms', from: '1:00', to: '2:00', looks: '1' };
    const more = { minConfidence: '0.25', model: './m', workers: '3', resume: false, force: true, quiet: true };
    const track = { profile: 'netflix', kind: 'captions', language: 'deu' };
    expect(readSettings({ ...flags, ...more, ...track, verbose: true, json: true })).toEqual({
      output: { output: 'x/', formats: ['vtt', 'srt'] },
      choice: { mode: 'every', interval: 500_000 },
      from: 60_000_000,
      to: 120_000_000,
      passes: 1,
      minConfidence: 0.25,
      profile: 'netflix',
      kind: 'captions',
      language: 'de',
      model: './m',
      workers: 3,
      resume: false,
      force: true,
      quiet: true,
      verbose: true,
      json: true,
    });
  });

  test.each<[Partial<CaptionFlags>, RegExp]>([
    [{ looks: '3' }, /--looks 3: give a whole number from 1 to 2/],
    [{ looks: 'two' }, /--looks two/],
    [{ workers: '0' }, /--workers 0/],
    [{ workers: '1.5' }, /--workers 1\.5/],
    [{ workers: '' }, /--workers/],
    [{ minConfidence: '1.2' }, /--min-confidence 1\.2: give a number from 0 to 1/],
    [{ minConfidence: '' }, /--min-confidence/],
    [{ minConfidence: 'high' }, /--min-confidence high/],
    [{ frames: 'some' }, /--frames some: use auto, keyframes, scene, motion, every:TIME/],
    [{ frames: 'every:0s' }, /--frames every:0s/],
    [{ from: '2:00', to: '1:00' }, /--to 1:00 is not after/],
    [{ to: '0' }, /--to 0 is not after/],
    [{ profile: 'mtv' }, /--profile mtv: use web, netflix, bbc/],
    [{ kind: 'chapters' }, /--kind chapters: use descriptions, subtitles, captions/],
    [{ language: 'e' }, /--language e: not a language tag/],
    [{ format: 'pdf' }, /'pdf' is not a format/],
    [{ json: true, output: '-' }, /both want stdout/],
  ])('%j is refused', (flags, message) => {
    expect(() => readSettings({ ...plain, ...flags })).toThrow(UsageError);
    expect(() => readSettings({ ...plain, ...flags })).toThrow(message);
  });
});
