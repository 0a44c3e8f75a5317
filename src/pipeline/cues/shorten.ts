import type { Micros } from '../../core/types.ts';
import { withoutAdjectives } from '../events/nouns.ts';
import { joinSentences, splitAnnouncement } from '../screen-text/announcement.ts';
import type { Span } from './merge.ts';
import type { CueRules } from './rules.ts';
import { readableIn, readingTime } from './spacing.ts';
import { equalIgnoringCase } from './text.ts';
import type { Transducer } from './transducer.ts';

/** Words that start a phrase without which an English caption is still true: "a dog runs" for "a dog runs on a beach". */
const PHRASE =
  /^(?:in|on|at|of|off|out|with|near|by|under|over|behind|beside|beneath|above|below|between|through|down|up|along|across|into|onto|from|toward|towards|around|against|while|as|wearing|holding|carrying|showing|during|inside|outside|after|before)$/i;
/** What belongs to an "of" after it: "in front of a car", "a group of people". */
const OF_NEEDED =
  /^(?:front|top|back|side|middle|end|edge|out|off|lot|group|pair|kind|type|number|bunch|couple|row|piece|full)$/i;
/** What has to stand before a phrase that is left out: without a verb, the rest is no sentence. */
const VERB =
  /\b(?:is|are|was|were|has|have|stands?|sits?|walks?|runs?|rides?|plays?|jumps?|swims?|parked|seated|\w{2,}ing)\b/i;

/** Words that no sentence ends with: they belong to what was left out. */
const DANGLING = /\b(?:is|are|was|were|has|have|a|an|the|and|or|of|to|that|which|who|next|full|some)$/i;

/** A text without its last phrase; undefined where that would leave no sentence. */
function withoutLastPhrase(text: string): string | undefined {
  const words = text.split(' ');
  for (let at = words.length - 1; at >= 2; at -= 1) {
    const [before = '', word = ''] = words.slice(at - 1);
    if (!PHRASE.test(word) || (/^of$/i.test(word) && OF_NEEDED.test(before))) continue;
    const rest = words
      .slice(0, at)
      .join(' ')
      .replace(/[,;:]$/, '');
    if (VERB.test(rest) && !DANGLING.test(rest)) return rest;
  }
  return undefined;
}

/** More than `readableIn` a text, without breaking it into lines: most scenes are longer. */
function boundFor(text: string, { profile, minimum }: CueRules): Micros {
  const { speed, lineLength, gap } = profile;
  const parts = Math.ceil((2 * text.length) / lineLength);
  return (speed === undefined ? 0 : readingTime(text, speed)) + parts * (minimum + (gap?.least ?? 0));
}

/**
 * A text and its shorter versions, the best first: without its adjectives, then without its last phrases, one after another, each with its
 * adjectives and without. Text in the picture matters more than its
 * description: an announcement stays until nothing else is left, and is left out as a whole.
 */
export function* versionsOf(text: string): Generator<string, void, void> {
  const parts = splitAnnouncement(text);
  if (parts === undefined) {
    for (let shown: string | undefined = text; shown !== undefined; shown = withoutLastPhrase(shown)) {
      yield shown;
      const plain = withoutAdjectives(shown);
      if (plain !== shown) yield plain;
    }
    return;
  }
  const { caption, announced } = parts;
  for (const shown of versionsOf(caption)) yield joinSentences(shown, announced);
  if (caption === '') return;
  yield announced;
  yield* versionsOf(caption);
}

/** The longest version of a text that can be read in `time`, or the shortest that there is. */
export function shortenTo(text: string, time: Micros, rules: CueRules): string {
  if (boundFor(text, rules) <= time) return text;
  let shown = text;
  for (shown of versionsOf(text)) if (readableIn(shown, rules) <= time) break;
  return shown;
}

/**
 * Leaves adjectives, then the last phrases, out of texts that cannot be read before their scene ends, where the profile has a reading speed. Consecutive texts that are
 * equal then become one, which has the time of all. What is still too long for its scene is held longer (`enforceMinDuration`), unless the
 * profile's speed yields. Holds back one span that was shortened.
 */
export function shortenTexts(rules: CueRules): Transducer<Span, Span> {
  if (rules.profile.speed === undefined) return { next: (span) => [span], end: () => [] };
  let held: Span | undefined;
  return {
    next(span) {
      const text = shortenTo(span.text, span.end - span.start, rules);
      const before = held;
      const goesOn =
        before !== undefined &&
        before.end === span.start &&
        equalIgnoringCase(before.text, text) &&
        splitAnnouncement(text) === undefined;
      held = goesOn ? { ...before, end: span.end, last: span.last } : { ...span, text };
      const done = goesOn || before === undefined ? [] : [before];
      if (goesOn || text !== span.text) return done;
      // Whole texts differ from what follows them: they need not wait.
      const whole = held;
      held = undefined;
      return [...done, whole];
    },
    end: () => (held === undefined ? [] : [held]),
  };
}
