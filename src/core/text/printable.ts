/** Control characters without tab and line feed, those of 8 bits, and marks that change the direction of text or are no characters at all. */
const UNSAFE = /(?![\t\n])[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu;

function escaped(character: string): string {
  const code = character.charCodeAt(0).toString(16);
  return code.length <= 2 ? `\\x${code.padStart(2, '0')}` : `\\u${code.padStart(4, '0')}`;
}

/**
 * Text for a terminal: names of files, titles and messages of servers may have characters in them that move the cursor, set the title or rewrite
 * what stands on the screen. They are shown as `\x1b`.
 */
export function printable(text: string): string {
  return text.replace(UNSAFE, escaped);
}

/** A name or a sentence for a terminal, on one line. */
export function printableLine(text: string): string {
  return printable(text).replace(/[\t\n]/g, (character) => (character === '\t' ? ' ' : '\\n'));
}

/** A message for a terminal: one line, and lines below it that begin with two spaces. Other line feeds come from names, and are shown. */
export function printableNote(text: string): string {
  return printable(text).replace(/\n(?! {2})/g, '\\n');
}

/** JSON for a terminal: the characters that JSON leaves as they are become its own escapes. */
export function printableJsonText(json: string): string {
  return json.replace(UNSAFE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** A value as JSON for a terminal. */
export function printableJson(value: unknown): string {
  return printableJsonText(JSON.stringify(value));
}
