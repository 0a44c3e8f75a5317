import type { Region } from '../../core/types.ts';
import { fraction } from '../regions/detail-regions.ts';

/** A phrase of a caption, and where it is in the picture. */
export interface GroundedPhrase extends Region {
  readonly label: string;
}

const BINS = 1000;

/**
 * Reads Florence-2's answer to the grounding of a caption: phrases, each followed by boxes of four `<loc_k>` (left, top, right, bottom), k
 * thousandths of the picture. Boxes without area are left out.
 */
export function readGrounding(text: string): GroundedPhrase[] {
  const clean = text.replace(/<\/?s>|<pad>/gu, '');
  const phrases: GroundedPhrase[] = [];
  for (const [, label = '', boxes = ''] of clean.matchAll(/([^<]+)((?:<loc_\d+>)+)/gu)) {
    const places = [...boxes.matchAll(/<loc_(\d+)>/gu)].map(([, k]) => (Number(k) + 0.5) / BINS);
    for (let at = 0; at + 4 <= places.length; at += 4) {
      const [left = 0, top = 0, right = 0, bottom = 0] = places.slice(at, at + 4);
      if (right <= left || bottom <= top) continue;
      phrases.push({
        label: label.trim(),
        ...{ x: fraction(left), y: fraction(top), width: fraction(right - left), height: fraction(bottom - top) },
      });
    }
  }
  return phrases;
}

/** A region with a margin on each side, in parts of its own size, within the picture. */
export function widened<R extends Region>(region: R, margin: number): R {
  const left = Math.max(0, region.x - margin * region.width);
  const top = Math.max(0, region.y - margin * region.height);
  const right = Math.min(1, region.x + (1 + margin) * region.width);
  const bottom = Math.min(1, region.y + (1 + margin) * region.height);
  return {
    ...region,
    ...{ x: fraction(left), y: fraction(top), width: fraction(right - left), height: fraction(bottom - top) },
  };
}

/** Parts that are read again, at most. */
const PARTS = 3;
/** What a part may cover: smaller ones cannot be read, larger ones are the picture. */
const [LEAST_AREA, MOST_AREA] = [0.003, 0.6];
const MARGIN = 0.15;

/** The parts of a picture that are worth reading again, from Florence-2's grounding of its caption: the largest box of each phrase. */
export function partsOf(grounding: string): GroundedPhrase[] {
  const best = new Map<string, GroundedPhrase>();
  for (const phrase of readGrounding(grounding)) {
    const area = phrase.width * phrase.height;
    if (area < LEAST_AREA || area > MOST_AREA) continue;
    const known = best.get(phrase.label);
    if (known === undefined || area > known.width * known.height) best.set(phrase.label, phrase);
  }
  return [...best.values()].slice(0, PARTS).map((phrase) => widened(phrase, MARGIN));
}

/** Words after which a caption's first noun phrase has ended. */
const BEHIND_NOUNS = new Set(
  (
    'is are was were has have of in on at to by for from with without into onto over under above below up down through across along around ' +
    'against among between behind beside near next that which who while and or'
  ).split(' '),
);

/** The noun phrase with which a caption of one thing begins: up to the first verb in -ing, preposition or the like; four words at most. */
export function leadingPhrase(caption: string): string {
  const words = caption
    .toLowerCase()
    .replace(/[.,;:!?]/gu, '')
    .split(/\s+/u)
    .filter((word) => word !== '');
  const end = words.findIndex((word, at) => at > 0 && (BEHIND_NOUNS.has(word) || (at > 1 && word.endsWith('ing'))));
  return words.slice(0, Math.min(end === -1 ? words.length : end, 4)).join(' ');
}

const stem = (word: string): string => word.replace(/(?:es|s)$/u, '');

/** True where the last word of a phrase, its noun, occurs in a text: singular and plural count as the same. */
export function supports(text: string, phrase: string): boolean {
  const noun = stem(phrase.toLowerCase().split(/\s+/u).at(-1) ?? '');
  return text
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .some((word) => stem(word) === noun);
}

/** A caption with one of its phrases replaced; undefined where it does not contain the phrase. */
export function replacePhrase(caption: string, phrase: string, by: string): string | undefined {
  const at = caption.toLowerCase().indexOf(phrase.toLowerCase());
  if (at === -1 || phrase === '') return undefined;
  return caption.slice(0, at) + by + caption.slice(at + phrase.length);
}
