import { KINDS, SAME_MEANING } from './kinds.ts';

/** The regular plural of a noun. */
function pluralOf(noun: string): string {
  if (/[^aeiou]y$/.test(noun)) return `${noun.slice(0, -1)}ies`;
  return /(?:s|x|z|ch|sh)$/.test(noun) ? `${noun}es` : `${noun}s`;
}

/** Word or plural -> all words with its meaning. */
const MEANINGS: ReadonlyMap<string, readonly string[]> = new Map(
  SAME_MEANING.flatMap((words) => words.flatMap((word) => [[word, words] as const, [pluralOf(word), words] as const])),
);

const NARROWER: ReadonlyMap<string, readonly string[]> = new Map(Object.entries(KINDS));

/** Plural of a kind -> the kind. */
const SINGULARS: ReadonlyMap<string, string> = new Map(Object.keys(KINDS).map((kind) => [pluralOf(kind), kind]));

function collect(word: string, found: Set<string>): void {
  if (found.has(word)) return;
  const meaning = MEANINGS.get(word) ?? [word];
  for (const each of meaning) found.add(each);
  for (const each of meaning) for (const narrower of NARROWER.get(each) ?? []) collect(narrower, found);
}

/**
 * The words by which a caption may name what `word` names: words with the same meaning, irregular plurals, and narrower kinds (`person`:
 * man, women, crowd and so on). The first is `word` itself, in lower case. The index finds regular forms by itself.
 */
export function wordsFor(word: string): readonly string[] {
  const typed = word.toLowerCase();
  const singular = SINGULARS.get(typed) ?? typed;
  const found = new Set<string>();
  collect(singular, found);
  found.delete(typed);
  return [typed, ...found];
}

/** A word's meaning: the first of the words that share it. */
function meaningOf(word: string): string {
  const typed = word.toLowerCase();
  const singular = SINGULARS.get(typed) ?? typed;
  return MEANINGS.get(singular)?.[0] ?? singular;
}

/** Meaning -> the meanings of its kinds: boy -> child. */
const BROADER = new Map<string, Set<string>>();
for (const [kind, words] of Object.entries(KINDS)) {
  for (const word of words) {
    const meaning = meaningOf(word);
    BROADER.set(meaning, (BROADER.get(meaning) ?? new Set()).add(meaningOf(kind)));
  }
}

function climb(meaning: string, found: Set<string>): void {
  if (found.has(meaning)) return;
  found.add(meaning);
  for (const kind of BROADER.get(meaning) ?? []) climb(kind, found);
}

/** What a noun names, from narrow to broad: its meaning, its kind, the kind of that (`boy`: boy, child, person). */
export function kindsOf(noun: string): ReadonlySet<string> {
  const found = new Set<string>();
  climb(meaningOf(noun), found);
  return found;
}

/** True where two nouns may name the same thing: they mean the same (sofa, couch), or one is a kind of the other (person, man). */
export function mayNameSame(a: string, b: string): boolean {
  return kindsOf(a).has(meaningOf(b)) || kindsOf(b).has(meaningOf(a));
}

/** True where two nouns name things of one kind: a man and a woman, a car and a bus. */
export function areOfOneKind(a: string, b: string): boolean {
  const kinds = kindsOf(b);
  return [...kindsOf(a)].some((kind) => kinds.has(kind));
}
