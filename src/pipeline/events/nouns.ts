/*
 * A small reading of English captions ("a man in a red shirt is walking down a street"): which of their words name things, and how a thing is left
 * out. Words that are not known to be anything else count as names of things, so that a thing is rather looked for in vain than overlooked.
 */

const list = (words: string): ReadonlySet<string> => new Set(words.split(' '));

const DETERMINERS = list(
  'a an the this that these those his her its their some several many two three four five few other another no',
);
const LINKS = list(
  'in on at with near by under over behind beside beneath above below between through down up along across into onto from toward towards around ' +
    'against to of for off out inside outside during after before while as and or next front back top',
);
const AUXILIARIES = list('is are was were be been being has have had do does did can will');
const ADJECTIVES = list(
  'black white red blue green yellow brown grey gray orange purple pink dark bright large small big little young old long short',
);
const OTHERS = new Set([
  ...list('it there he she they who which where not very together away here something someone'),
  ...ADJECTIVES,
]);
/** Verbs of captions in their base form; those in -ing are recognised as such. */
const VERBS = list(
  'walk run ride sit stand play jump swim hold look wear eat drink talk work drive enter leave open close carry cross wait watch move approach pass ' +
    'come go turn stop fly climb lie lean smile stay show appear pick put take push pull throw catch',
);
const IRREGULAR: Readonly<Record<string, string>> = {
  men: 'man',
  women: 'woman',
  people: 'person',
  children: 'child',
  bus: 'bus',
  tennis: 'tennis',
  gas: 'gas',
  lens: 'lens',
};

/** Things whose names end as verbs do. */
const NAMES_IN_ING = list(
  'building ceiling clothing wedding painting evening morning string ring king swing thing railing awning ping',
);

type Kind = 'name' | 'determiner' | 'link' | 'verb' | 'other';

interface Word {
  /** As it stands in the text. */
  readonly text: string;
  /** In its singular, lower case. */
  readonly stem: string;
  readonly kind: Kind;
}

function stemOf(word: string): string {
  const known = IRREGULAR[word];
  if (known !== undefined) return known;
  if (/(?:sh|ch|ss|x)es$/u.test(word)) return word.slice(0, -2);
  return /[^s]s$/u.test(word) ? word.slice(0, -1) : word;
}

function kindOf(word: string): Kind {
  if (DETERMINERS.has(word)) return 'determiner';
  if (LINKS.has(word)) return 'link';
  if (
    AUXILIARIES.has(word) ||
    VERBS.has(word) ||
    VERBS.has(stemOf(word)) ||
    (/..ing$/u.test(word) && !NAMES_IN_ING.has(stemOf(word)))
  ) {
    return 'verb';
  }
  return OTHERS.has(word) || !/\p{L}/u.test(word) ? 'other' : 'name';
}

function wordsOf(text: string): Word[] {
  return text
    .split(/\s+/u)
    .filter((word) => word !== '')
    .map((word) => {
      const plain = word.toLowerCase().replace(/[^\p{L}\p{N}'-]/gu, '');
      return { text: word, stem: stemOf(plain), kind: kindOf(plain) };
    });
}

/** The things that a caption names, in the singular. */
export function nounsOf(text: string): Set<string> {
  return new Set(wordsOf(text).flatMap(({ stem, kind }) => (kind === 'name' ? [stem] : [])));
}

/** A caption without one of its things: the phrase that names it, with what leads to it; undefined where nothing would be left. */
function without(words: readonly Word[], at: number): Word[] | undefined {
  // Only the last name of a run is the thing: "traffic light". The others describe it.
  if (words[at + 1]?.kind === 'name') return words.filter((_, place) => place !== at);
  let start = at;
  const back = (...kinds: Kind[]): void => {
    for (
      let before = words[start - 1];
      before !== undefined && kinds.includes(before.kind);
      before = words[start - 1]
    ) {
      start -= 1;
    }
  };
  back('name', 'other');
  // "a black and white photo": both describe it.
  while (words[start - 1]?.text === 'and' && words[start - 2]?.kind === 'other') {
    start -= 2;
    back('name', 'other');
  }
  back('determiner');
  const phrase = start;
  back('link');
  // "is walking down a street" is left as "is walking", of "is holding a dog" nothing.
  if (start === phrase) back('verb');
  if (start > 0) return [...words.slice(0, start), ...words.slice(at + 1)];
  // "a dog and a man": the other one remains.
  if (words[at + 1]?.text !== 'and') return undefined;
  return words.slice(at + 2);
}

/** A caption without the things for which `isLonely` holds; empty where nothing is left that names anything. */
export function withoutThings(text: string, isLonely: (stem: string) => boolean): string {
  // Without an article it is no English: its words cannot be distinguished.
  if (!isEnglish(text)) return text;
  let words: Word[] | undefined = wordsOf(text);
  for (;;) {
    const at: number = words.findIndex(({ stem, kind }) => kind === 'name' && isLonely(stem));
    if (at === -1) break;
    words = without(words, at);
    if (words === undefined) return '';
  }
  if (!words.some(({ kind }) => kind === 'name')) return '';
  const end = words.findLastIndex(({ kind }) => kind === 'name' || kind === 'verb' || kind === 'other');
  return words
    .slice(0, end + 1)
    .map((word) => word.text)
    .join(' ')
    .replace(/[,;:]$/u, '');
}

/** Names that say how many things there are, or that they are in a picture, not what they are. */
const COLLECTIVES = list(
  'group couple pair bunch lot number row crowd kind type variety set photo photograph picture image view shot close closeup scene',
);

/** What a caption is about: the things that it names before its first verb, or all where it has none. */
export function subjectsOf(text: string): Set<string> {
  const words = wordsOf(text);
  const verb = words.findIndex(
    ({ kind }, at) => kind === 'verb' && words.slice(0, at).some((word) => word.kind === 'name'),
  );
  const head = verb === -1 ? words : words.slice(0, verb);
  // "a traffic light": only the last name of a run is the thing. "a group of people": the people are.
  const things = head.filter(({ kind, stem }, at) => {
    const next = head[at + 1];
    return (
      kind === 'name' && next?.kind !== 'name' && !(COLLECTIVES.has(stem) && /^(?:of|up)$/iu.test(next?.text ?? ''))
    );
  });
  return new Set(things.map(({ stem }) => stem));
}

/** True where a text has a word that English captions have: the others' words cannot be distinguished. */
export function isEnglish(text: string): boolean {
  return /\b(?:an?|the|two|three|some|several|his|her|their)\b/iu.test(text);
}

/** The words of a text, nouns in their singular. */
export function stemsOf(text: string): string[] {
  return wordsOf(text).map(({ stem }) => stem);
}

/**
 * A caption without adjectives of colour, size and age that stand before a noun, "a small black and white dog": "a dog"; the caption itself where
 * there are none.
 */
export function withoutAdjectives(text: string): string {
  const words = wordsOf(text);
  const kept: string[] = [];
  let at = 0;
  while (at < words.length) {
    const noun = endOfAdjectives(words, at);
    if (noun > at) {
      const article = kept.at(-1) ?? '';
      const vowel = /^[aeiou]/iu.test(words[noun]?.text ?? '');
      if (/^an?$/iu.test(article)) kept[kept.length - 1] = article.slice(0, 1) + (vowel ? 'n' : '');
      at = noun;
    }
    kept.push(words[at]?.text ?? '');
    at++;
  }
  return kept.join(' ');
}

/** Where the adjectives that begin at a word end, at a noun; the word itself where no adjectives stand before a noun. */
function endOfAdjectives(words: readonly Word[], start: number): number {
  let at = start;
  for (;;) {
    const [word, next] = words.slice(at, at + 2);
    if (word !== undefined && ADJECTIVES.has(word.stem)) at++;
    else if (at > start && word?.stem === 'and' && next !== undefined && ADJECTIVES.has(next.stem)) at += 2;
    else return word?.kind === 'name' ? at : start;
  }
}
