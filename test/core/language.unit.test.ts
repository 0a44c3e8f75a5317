import { expect, test } from 'vitest';
import { languageTag, namedLanguageTag, threeLetters } from '../../src/core/language.ts';

test('a tag is made canonical; what is none is none', () => {
  expect(['en', 'EN-us', 'deu', 'ger', 'zh-hant-tw'].map(languageTag)).toEqual([
    'en',
    'en-US',
    'de',
    'de',
    'zh-Hant-TW',
  ]);
  expect(['', 'e', 'en_US', 'english language'].map(languageTag)).toEqual([undefined, undefined, undefined, undefined]);
});

test('three letters, in both editions', () => {
  expect(threeLetters('pt-BR', 'terminological')).toBe('por');
  expect([threeLetters('de', 'terminological'), threeLetters('de', 'bibliographic')]).toEqual(['deu', 'ger']);
  expect(threeLetters('gsw', 'terminological')).toBe('gsw');
  expect(threeLetters('x-private', 'terminological')).toBe('und');
});

test("every two-letter code of ICU's list has three that lead back to it", () => {
  const letters = Array.from({ length: 26 }, (_, at) => String.fromCharCode(97 + at));
  const names = new Intl.DisplayNames('en', { type: 'language', fallback: 'none' });
  const known = letters
    .flatMap((first) => letters.map((second) => first + second))
    .filter((code) => languageTag(code) === code && names.of(code) !== undefined);
  expect(known.length).toBeGreaterThan(170);
  for (const code of known) {
    // Bihari and Serbo-Croatian are withdrawn and have no three letters; ICU takes Twi's (twi) for Akan.
    if (['bh', 'sh', 'tw'].includes(code)) continue;
    for (const edition of ['terminological', 'bibliographic'] as const) {
      expect(languageTag(threeLetters(code, edition)), code).toBe(code);
    }
  }
});

test('languages by name, by tag and by code; what is no language is none', () => {
  const tags = ['english', ' German', 'Deutsch', 'français', 'ger', 'pt-BR', 'Portuguese', 'Greek', 'tlh'];
  expect(tags.map(namedLanguageTag)).toEqual(['en', 'de', 'de', 'fr', 'de', 'pt-BR', 'pt', 'el', 'tlh']);
  expect(['gibberish', 'xx', 'und', 'e', ''].map(namedLanguageTag)).toEqual(Array(5).fill(undefined));
});
