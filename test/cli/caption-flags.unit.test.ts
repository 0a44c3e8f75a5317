import { describe, expect, test } from 'vitest';
import { applyModelDefaults } from '../../src/captioning/settings.ts';
import { type CaptionFlags, readCaptionFlags } from '../../src/cli/caption-flags.ts';
import { UsageError } from '../../src/core/failures.ts';

const plain: CaptionFlags = {
  frames: 'auto',
  passes: '2',
  profile: 'web',
  kind: 'descriptions',
  resume: true,
};

describe('flags', () => {
  test('what is not given has its default', () => {
    expect(readCaptionFlags(plain)).toEqual({
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

  test('the minimum confidence is what the model recommends, unless another is given', () => {
    const minimum = (minConfidence?: string) =>
      applyModelDefaults(readCaptionFlags({ ...plain, ...(minConfidence === undefined ? {} : { minConfidence }) }), {
        minConfidence: 0.4,
      }).minConfidence;
    expect([minimum(), minimum('0'), minimum('0.7')]).toEqual([0.4, 0, 0.7]);
  });

  test('what is given is read', () => {
    const flags = { output: 'x/', format: 'vtt,srt', frames: 'every:500ms', from: '1:00', to: '2:00', passes: '1' };
    const more = { minConfidence: '0.25', model: './m', workers: '3', resume: false, force: true, quiet: true };
    const track = { profile: 'netflix', kind: 'captions', language: 'en-gb' };
    expect(readCaptionFlags({ ...flags, ...more, ...track, verbose: true, json: true })).toEqual({
      output: { output: 'x/', formats: ['vtt', 'srt'], nameLanguage: 'en-GB' },
      choice: { mode: 'every', interval: 500_000 },
      from: 60_000_000,
      to: 120_000_000,
      passes: 1,
      minConfidence: 0.25,
      profile: 'netflix',
      kind: 'captions',
      language: 'en-GB',
      model: './m',
      workers: 3,
      resume: false,
      force: true,
      quiet: true,
      verbose: true,
      json: true,
    });
  });

  test('the language of a track: as given, as its name says, English', () => {
    const language = (flags: Partial<CaptionFlags>) => readCaptionFlags({ ...plain, ...flags }).language;
    expect(language({ track: 'film.vtt' })).toBe('en');
    expect(language({ track: 'a.b/film.pt-BR.forced.srt' })).toBe('pt-BR');
    expect(language({ track: 'film.de.srt', language: 'fra' })).toBe('fr');
    expect(language({ model: 'openai:llava', language: 'de' })).toBe('de');
    expect(language({ language: 'english' })).toBe('en');
    expect(language({ track: 'film.srt', language: 'Deutsch' })).toBe('de');
  });

  test.each<[Partial<CaptionFlags>, RegExp]>([
    [{ passes: '3' }, /--passes 3: give a whole number from 1 to 2/],
    [{ passes: 'two' }, /--passes two/],
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
    [{ language: 'e' }, /--language e: not a language; write it as en, pt-BR or German/],
    [{ language: 'klingonish' }, /not a language/],
    [{ language: 'german' }, /--language german: the model writes English; .*--track FILE --language de$/],
    [{ language: 'de' }, /--language de: the model writes English; .*--track FILE --language de/],
    [{ subtitleEncoding: 'gbk' }, /--subtitle-encoding is for the file of --track/],
    [{ track: 'a.srt', subtitleEncoding: 'martian' }, /--subtitle-encoding martian: not a known encoding/],
    [{ track: 'a.srt', from: '1:00' }, /the cues of --track have their own times/],
    [{ format: 'pdf' }, /'pdf' is not a format/],
    [{ json: true, output: '-' }, /both write to stdout/],
  ])('%j is refused', (flags, message) => {
    expect(() => readCaptionFlags({ ...plain, ...flags })).toThrow(UsageError);
    expect(() => readCaptionFlags({ ...plain, ...flags })).toThrow(message);
  });
});
