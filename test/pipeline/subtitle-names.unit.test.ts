import { expect, test } from 'vitest';
import { subtitleName, subtitleRank } from '../../src/pipeline/subtitle-names.ts';

/** `en sdh forced unknown silent`: what a name says. */
function says(name: string): string | undefined {
  const found = subtitleName(name, 'film');
  if (found === undefined) return undefined;
  const { language = '-', hardOfHearing, forced, unknown, speech } = found;
  const flags = { sdh: hardOfHearing, forced, unknown, silent: !speech };
  return [language, ...Object.entries(flags).flatMap(([flag, on]) => (on ? [flag] : []))].join(' ');
}

test('names that players know', () => {
  const names: Record<string, string | undefined> = {
    'film.srt': '-',
    'film.VTT': '-',
    'film.en.srt': 'en',
    'film.eng.srt': 'en',
    'film.English.srt': 'en',
    'film.en-US.srt': 'en-US',
    'film.pt_br.srt': 'pt-BR',
    'film.zh-Hans.srt': 'zh-Hans',
    'film.en.sdh.srt': 'en sdh',
    'film.en.cc.srt': 'en sdh',
    'film.en.hi.srt': 'en sdh',
    'film.hi.srt': 'hi',
    'film.cc.vtt': '- sdh',
    'film.sdh.srt': '- sdh',
    'film.en.forced.srt': 'en forced',
    'film.pt-BR.forced.srt': 'pt-BR forced',
    'film.forced.en.srt': 'en forced',
    'film.default.en.srt': 'en',
    'film.en.2.srt': 'en',
    'film.thumbnails.vtt': '- silent',
    'film.chapters.vtt': '- silent',
    'film.en.descriptions.vtt': 'en silent',
    'film.mine.srt': '- unknown',
    'film.part two.mine.srt': undefined,
    'films.srt': undefined,
    'film.txt': undefined,
  };
  for (const [name, expected] of Object.entries(names)) expect(says(name), name).toBe(expected);
});

test('English first, whole tracks before those of foreign parts', () => {
  const names = [
    'film.srt',
    'film.en.vtt',
    'film.en.srt',
    'film.en.sdh.srt',
    'film.de.srt',
    'film.mine.srt',
    'film.en.forced.srt',
  ];
  const ranked = names
    .map((name) =>
      subtitleRank(
        name,
        subtitleName(name, 'film') ?? { hardOfHearing: false, forced: false, speech: true, unknown: true },
      ),
    )
    .sort();
  expect(ranked.map((key) => key.split(' ').at(-1))).toEqual(names);
});
