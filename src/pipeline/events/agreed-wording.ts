import { mayNameSame } from '../../core/lexicon/lexicon.ts';
import type { JointCaption } from '../../core/types.ts';
import { wordOverlap } from '../cues/text.ts';
import { nounsOf, withoutThings } from './nouns.ts';

/** With fewer keyframes than this, one that stands alone is no evidence against a noun. */
const ENOUGH = 3;
/** A thing that no more than this share of the keyframes name is left out, where the model is not certain of the wording. */
const FEW = 1 / 4;
/** Model servers and programs say so: they read the frames together, and may well use other words for them. */
const CERTAIN = 1;
/** A keyframe supports a wording where its own caption names this share of its nouns. */
const SHARED = 0.5;

/** One of the different captions of an event's keyframes. */
export interface Tally {
  readonly text: string;
  /** How many keyframes have it. */
  readonly count: number;
  /** The sum of their confidences. */
  readonly confidence: number;
}

/** The wording of an event. */
export interface AgreedWording extends JointCaption {
  /** How many keyframes support it. */
  readonly support: number;
}

/** True where one of a caption's nouns may name the same as `noun`: "couch" for "sofa", "person" for "man". */
function names(nouns: ReadonlySet<string>, noun: string): boolean {
  return nouns.has(noun) || [...nouns].some((own) => mayNameSame(own, noun));
}

/** In how many keyframes' captions a noun stands, or another one for the same thing. */
function mentionsOf(captions: readonly Tally[]): (noun: string) => number {
  const known = captions.map(({ text, count }) => ({ nouns: nounsOf(text), count }));
  return (noun) => known.reduce((sum, { nouns, count }) => sum + (names(nouns, noun) ? count : 0), 0);
}

function isSupported(nouns: ReadonlySet<string>, caption: string): boolean {
  const own = nounsOf(caption);
  const shared = [...nouns].filter((noun) => names(own, noun)).length;
  return shared > 0 && shared >= SHARED * nouns.size;
}

/**
 * The wording of an event on which its keyframes agree most: of those that were written for several keyframes together, where there are any, else of
 * the keyframes' own captions. Where there are three keyframes or more, a noun that stands in one keyframe's caption only is left out, with its
 * phrase, and of a wording of which the model is not certain, one that stands in a quarter of them at most, or in none. Undefined where nothing is left: the keyframes agree on nothing.
 * @param captions what the keyframes' own captions say
 * @param joints the wordings that were written for several keyframes together
 * @param weightOf how much a caption counts; as many times as there are keyframes that have it, where nothing else is said
 */
export function agreedWording(
  captions: readonly Tally[],
  joints: readonly JointCaption[],
  weightOf: (caption: Tally) => number = ({ count }) => count,
): AgreedWording | undefined {
  const frames = captions.reduce((sum, { count }) => sum + count, 0);
  const mentions = mentionsOf(captions);
  const isLonely = (noun: string, confidence: number): boolean => {
    const mentioned = mentions(noun);
    return confidence === CERTAIN ? mentioned === 1 : mentioned <= Math.max(1, FEW * frames);
  };
  const own = captions.map(({ text, count, confidence }) => ({ text, confidence: confidence / count }));
  for (const candidates of [joints, own]) {
    let best: (AgreedWording & { readonly overlap: number }) | undefined;
    for (const candidate of candidates) {
      const text =
        frames < ENOUGH
          ? candidate.text
          : withoutThings(candidate.text, (noun) => isLonely(noun, candidate.confidence));
      if (text === '') continue;
      const overlap = captions.reduce((sum, each) => sum + weightOf(each) * wordOverlap(text, each.text), 0);
      if (best !== undefined && overlap <= best.overlap) continue;
      const nouns = nounsOf(text);
      const supporting = captions.filter((each) => each.text === text || isSupported(nouns, each.text));
      const support = supporting.reduce((sum, { count }) => sum + count, 0);
      const confidence =
        support === 0 ? candidate.confidence : supporting.reduce((sum, each) => sum + each.confidence, 0) / support;
      best = { text, confidence: Math.round(confidence * 1e4) / 1e4, support, overlap };
    }
    if (best !== undefined) return { text: best.text, confidence: best.confidence, support: best.support };
  }
  return undefined;
}
