import { areOfOneKind, mayNameSame } from '../../core/lexicon/lexicon.ts';
import { isEnglish, stemsOf, subjectsOf } from '../events/nouns.ts';
import { SIMILAR, wordOverlap } from './text.ts';

/**
 * What two captions have in common: `meaning`: they differ in words for the same thing only (sofa, couch); `subject`: they are about the same thing
 * (a man, a person); `kind`: about things of one kind (a woman, a boy); `none`.
 */
export type Relation = 'meaning' | 'subject' | 'kind' | 'none';

function haveSameMeaning(a: string, b: string): boolean {
  const [left, right] = [stemsOf(a), stemsOf(b)];
  return (
    left.length === right.length && left.every((word, at) => word === right[at] || mayNameSame(word, right[at] ?? ''))
  );
}

/** How two captions of one scene relate. Of texts that are not English, only the words are compared. */
export function relationOf(a: string, b: string): Relation {
  if (haveSameMeaning(a, b)) return 'meaning';
  if (!isEnglish(a) || !isEnglish(b)) return wordOverlap(a, b) >= SIMILAR ? 'subject' : 'none';
  const others = [...subjectsOf(b)];
  const subjects = [...subjectsOf(a)];
  const share = (same: (one: string, other: string) => boolean): boolean =>
    subjects.some((one) => others.some((other) => same(one, other)));
  if (share(mayNameSame)) return 'subject';
  return share(areOfOneKind) ? 'kind' : 'none';
}
