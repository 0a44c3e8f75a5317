import type { Utterance } from '../../captioning/speech/utterances.ts';

/** `[music]`, `[door opens]`, and music between notes. */
const TAGS = /\[[^\]]*\]|[♪♫][^♪♫]*[♪♫]|[♪♫]/gu;
const PARENTHESES = /\([^()]*\)/gu;
/** `(THUD)`: only capitals; shorter ones are abbreviations. */
const CAPITALS = /^\([\p{Lu}\d\s'’,.-]*\p{Lu}{4}[\p{Lu}\d\s'’,.-]*\)$/u;
/** Words by which subtitles name sounds. */
const SOUND =
  /\b(?:music|applau(?:se|ds?|ding)|laugh\w*|chuckl\w*|giggl\w*|sigh(?:s|ing)?|cough\w*|cheer(?:s|ing)|clears? throat|inaudible|indistinct|unintelligible|silence|beep\w*|dings?|whoosh\w*|whir\w*|humming|sounds?|noises?|knock(?:s|ing)|click(?:s|ing)|buzz\w*|rattl\w*)\b/i;
/** `>> `, and the name in capitals after it: another speaker. */
const SPEAKER = />{2,}\s*(?:\p{Lu}[\p{Lu}\d .'’-]{0,30}:\s*)?/gu;
/** `- ` before what one of two speakers says. */
const DASH = /^[-–—]\s+|(?<=[.!?…]\s)[-–—]\s+/gu;

/** Words of subtitles as a guide shows them: without marks of speakers and without tags of sounds. */
export function withoutMarks(text: string): string {
  return text
    .replace(TAGS, ' ')
    .replace(PARENTHESES, (found) => (CAPITALS.test(found) || SOUND.test(found) ? ' ' : found))
    .replace(SPEAKER, ' ')
    .replace(/\s+/gu, ' ')
    .trim()
    .replace(DASH, '')
    .replace(/\s+(?=[,.!?])/gu, '');
}

/** What is said, as a guide shows it. What has no words but only sounds is left out. */
export function spokenWords(utterances: readonly Utterance[]): Utterance[] {
  return utterances.flatMap((utterance) => {
    const text = withoutMarks(utterance.text);
    return text === '' ? [] : [{ ...utterance, text }];
  });
}
