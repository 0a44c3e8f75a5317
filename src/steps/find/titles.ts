import type { Utterance } from '../../captioning/speech/utterances.ts';

/** Longest title: one line in a table of contents. */
const LONGEST = 60;
/** Fillers at the start of a sentence, and step numbers, which the guide adds itself. */
const FILLERS =
  /^(?:(?:(?:and|so|okay|ok|alright|all right|well|now|then|next|um|uh|first of all|firstly|finally|lastly)\b(?!-\w)|first(?=,)|step\s+(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten)(?=\s*[:.,–-]))[\s:,.!…–-]*)+/i;
/** What a clause that greets, thanks or asks to subscribe begins with, or is. */
const GREETING =
  /^(?:(?:hi|hello|hey|howdy|greetings|good (?:morning|afternoon|evening|day))(?:\s+(?:there|everyone|everybody|all|guys|folks|friends|again|youtube|viewers|you all))*$|welcome\b|what['’]?s up\b|thank(?:s| you)(?: so much| very much)?(?: (?:for|guys|everyone)\b.*)?$|my name(?:'s| is)\b|(?:please |don['’]?t forget to |remember to |be sure to )?(?:like and subscribe|subscribe\b|hit (?:the|that) (?:like|bell|subscribe))|let['’]?s (?:get (?:started|going|(?:right )?into it)|dive (?:right )?in|jump (?:right )?in)$|without further ado)/i;
/** A title that is only a number, such as `Chapter 3`. */
const NUMBER_ONLY = /^(?:(?:chapter|part|step|section)\s*)?[\d.: -]*$/i;

/** True for a title that is more than a number. */
export function saysSomething(title: string): boolean {
  return !NUMBER_ONLY.test(title.trim());
}

function capital(text: string): string {
  const [first = ''] = text;
  return first.toLocaleUpperCase('en') + text.slice(first.length);
}

/** Shortens a title at the end of a clause, else of a word. */
function shortened(text: string): string {
  if (text.length <= LONGEST) return text;
  const head = text.slice(0, LONGEST);
  const clause = Math.max(...[', ', '; ', ': ', ' – ', ' - '].map((mark) => head.lastIndexOf(mark)));
  if (clause >= LONGEST / 3) return head.slice(0, clause);
  const word = head.lastIndexOf(' ');
  return `${text.slice(0, word > 0 ? word : LONGEST - 1)}…`;
}

/** A sentence without fillers and without the clauses at its start that greet. */
function withoutGreeting(sentence: string): string {
  const plain = sentence.replace(FILLERS, '').replace(/[.!?…\s]+$/u, '');
  const [clause = ''] = /^[^,;:!–]*/u.exec(plain) ?? [];
  if (!GREETING.test(clause.trim())) return plain;
  const rest = plain.slice(clause.length).replace(/^[,;:!–\s]+/u, '');
  return rest === '' ? '' : withoutGreeting(rest);
}

/**
 * Makes a title of a text: its first sentence with content, without fillers and greetings, at most 60 characters. Empty where there is none.
 */
export function titleFrom(text: string): string {
  const sentences = text.split(/(?<=[.!?])\s+/u).map(withoutGreeting);
  const telling = sentences.find((sentence) => /\p{L}.*\s.*\p{L}/u.test(sentence));
  const plain = text.replace(/[.!?…\s]+$/u, '');
  // A filler alone is a title after all; a greeting is none.
  const rest = text.split(/(?<=[.!?])\s+|,\s*/u).some((part) => GREETING.test(part.replace(FILLERS, ''))) ? '' : plain;
  return capital(shortened(telling ?? (sentences.find((sentence) => sentence !== '') || rest)));
}

/** The text of the utterances whose middle is between two times. */
export function wordsBetween(utterances: readonly Utterance[], start: number, end: number): string {
  return utterances
    .filter((utterance) => {
      const middle = (utterance.start + utterance.end) / 2;
      return middle >= start && middle < end;
    })
    .map(({ text }) => text)
    .join(' ');
}
