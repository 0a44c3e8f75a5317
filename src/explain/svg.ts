/** A piece of text to be drawn: pixels from the top left, `y` the baseline. */
export interface TextAt {
  readonly x: number;
  readonly y: number;
  readonly size: number;
  readonly colour: string;
  readonly bold?: boolean;
  readonly anchor?: 'start' | 'middle' | 'end';
}

/** Mean width of a letter, in font sizes: text is measured by it, because there are no font metrics here. */
const LETTER = 0.57;
const LETTER_BOLD = 0.63;
const FONT = 'DejaVu Sans, Helvetica, Arial, sans-serif';

/** Letters that fit into `width` pixels. */
export function lettersIn(width: number, { size, bold = false }: Pick<TextAt, 'size' | 'bold'>): number {
  return Math.max(1, Math.floor(width / (size * (bold ? LETTER_BOLD : LETTER))));
}

/** Text for XML: escaped, and without characters that XML does not allow. */
export function escapeXml(text: string): string {
  const allowed = Buffer.from(text.replace(/[\p{Cc}\uFFFE\uFFFF]/gu, ' ')).toString();
  return allowed.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** Text cut to `most` letters, with an ellipsis where it was cut. */
export function shortened(text: string, most: number): string {
  const letters = [...text];
  return letters.length <= most ? text : `${letters.slice(0, Math.max(1, most - 1)).join('')}…`;
}

/** An SVG text of already escaped content. */
export function textElement(content: string, { x, y, size, colour, bold = false, anchor = 'start' }: TextAt): string {
  const weight = bold ? ' font-weight="bold"' : '';
  return `<text x="${x}" y="${y}" font-family="${FONT}" font-size="${size}" fill="${colour}" text-anchor="${anchor}"${weight}>${content}</text>`;
}

/** A word of running text, and how it is marked. */
export interface MarkedWord {
  readonly text: string;
  readonly mark: 'none' | 'removed' | 'added';
}

const MARKS = {
  none: '',
  removed: ' fill="#b42318" text-decoration="line-through"',
  added: ' fill="#067647" font-weight="bold"',
} as const;

/** Running text in lines of at most `most` letters. */
export function wrapWords(words: readonly MarkedWord[], most: number): MarkedWord[][] {
  const lines: MarkedWord[][] = [];
  let length = 0;
  for (const word of words) {
    const letters = word.text.length;
    const line = lines.at(-1);
    if (line === undefined || length + 1 + letters > most) {
      lines.push([word]);
      length = letters;
    } else {
      line.push(word);
      length += 1 + letters;
    }
  }
  return lines;
}

/** One line of marked words as the content of a text. */
export function markedContent(line: readonly MarkedWord[], most: number): string {
  return line
    .map(({ text, mark }) => {
      const content = escapeXml(shortened(text, most));
      return mark === 'none' ? content : `<tspan${MARKS[mark]}>${content}</tspan>`;
    })
    .join(' ');
}
