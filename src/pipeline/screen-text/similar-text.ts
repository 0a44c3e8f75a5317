/** How many insertions, deletions and replacements of a character turn one text into the other (Levenshtein, 1966). */
export function editDistance(a: string, b: string): number {
  const [from, to] = [[...a], [...b]];
  let row = Array.from({ length: to.length + 1 }, (_, at) => at);
  for (const [i, char] of from.entries()) {
    const next = [i + 1];
    for (const [j, other] of to.entries()) {
      const replaced = (row[j] ?? 0) + (char === other ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

/** How alike two texts are, 0 to 1: their edit distance as a part of the longer one. Case and spaces do not count. */
export function similarity(a: string, b: string): number {
  const [first, second] = [a, b].map((text) => text.toLowerCase().replace(/\s+/g, '')) as [string, string];
  const longer = Math.max(first.length, second.length);
  return longer === 0 ? 1 : 1 - editDistance(first, second) / longer;
}

const DATE = /\b\d{4}[-/.]\d{1,2}[-/.]\d{1,2}\b|\b\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}\b/;
const TIME = /\b\d{1,2}\s?:\s?\d{2}(?:\s?[:.]\s?\d{2})?\b/;

/** True for a line that has a time of day or a date in it, as cameras write them into their pictures. */
export function looksLikeClock(text: string): boolean {
  return DATE.test(text) || TIME.test(text);
}

/** A text whose digits do not count: two readings of one clock. */
export function withoutDigits(text: string): string {
  return text.replace(/\d/g, '0');
}
