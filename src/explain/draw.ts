import sharp from 'sharp';
import { vttTime } from '../pipeline/cues/time.ts';
import type { PassExplanation } from '../workers/bundle/engine.ts';
import { pairWords } from './content-words.ts';
import { type Column, columnsOf, type Explanation, meanEntropy, type WordAttention } from './explanation.ts';
import { cropMargins, heatColour, heatMap, type Picture } from './heat.ts';
import {
  escapeXml,
  lettersIn,
  type MarkedWord,
  markedContent,
  shortened,
  type TextAt,
  textElement,
  wrapWords,
} from './svg.ts';

const WIDTH = 1200;
const MARGIN = 40;
const PICTURE = { width: 480, height: 400 } as const;
/** The largest size of a word's map; a tall picture's map is narrower. */
const MAP = { width: 150, height: 190 } as const;
const GUTTER = 104;
const GAP = 14;
const PER_BAND = Math.floor((WIDTH - 2 * MARGIN - GUTTER + GAP) / (MAP.width + GAP));
const INK = '#101828';
const SOFT = '#667085';
const LINE = '#e4e7ec';
const COLOURS = { removed: '#b42318', added: '#067647', none: INK } as const;

interface Layer {
  readonly input: Buffer;
  readonly left: number;
  readonly top: number;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** The largest size that fits into a box. */
function fitted({ width, height }: Size, box: Size): Size {
  const factor = Math.min(box.width / width, box.height / height);
  return { width: Math.max(1, Math.round(width * factor)), height: Math.max(1, Math.round(height * factor)) };
}

/** The words of both captions; words that the other caption lacks are marked. */
function marked({ draft, final }: Explanation): Record<'draft' | 'final', MarkedWord[]> {
  const textsOf = ({ words }: PassExplanation): string[] => words.map(({ text }) => text);
  const [before, after] = [textsOf(draft), textsOf(final)];
  const pairs = pairWords(before, after);
  const kept = (of: 'draft' | 'final', word: number): boolean => pairs.some((pair) => pair.same && pair[of] === word);
  return {
    draft: before.map((text, word) => ({ text, mark: kept('draft', word) ? 'none' : 'removed' })),
    final: after.map((text, word) => ({ text, mark: kept('final', word) ? 'none' : 'added' })),
  };
}

/** The captions and their details, to the right of the picture. */
function captionText(explanation: Explanation, columns: readonly Column[], x: number): { svg: string[]; end: number } {
  const { draft, final, model, name, time, grid } = explanation;
  const words = marked(explanation);
  const size = 25;
  const most = lettersIn(WIDTH - MARGIN - x, { size });
  const small = { x, size: 15, colour: SOFT } as const;
  const svg: string[] = [];
  let y = MARGIN + 16;
  const caption = (label: string, { confidence }: PassExplanation, line: readonly MarkedWord[]): void => {
    svg.push(textElement(escapeXml(`${label}  ·  confidence ${confidence.toFixed(2)}`), { ...small, y }));
    y += 36;
    const lines = line.length === 0 ? [[{ text: '(nothing)', mark: 'none' } as const]] : wrapWords(line, most);
    for (const each of lines) {
      svg.push(textElement(markedContent(each, most), { x, y, size, colour: INK }));
      y += 34;
    }
    y += 18;
  };
  caption('First pass', draft, words.draft);
  caption('Second pass', final, words.final);

  const [before, after] = [meanEntropy(columns, 'draft'), meanEntropy(columns, 'final')];
  const places = grid.columns * grid.rows;
  const notes = [
    ...(before === undefined || after === undefined
      ? []
      : [`attention a word, mean entropy: ${before.toFixed(2)} bits, then ${after.toFixed(2)}`]),
    `(0 bits: all on one place; ${Math.log2(places).toFixed(2)}: even over all ${places})`,
    `${name}${time === undefined ? '' : ` at ${vttTime(time)}`}`,
    `${model.name} ${model.version}`,
  ];
  for (const note of notes) {
    const text = escapeXml(shortened(note, lettersIn(WIDTH - MARGIN - x, small)));
    svg.push(textElement(text, { ...small, y }));
    y += 23;
  }
  return { svg, end: y };
}

function cellText(word: WordAttention, mark: MarkedWord['mark'], x: number, top: number, map: Size): string[] {
  const label: TextAt = {
    x: x + MAP.width / 2,
    y: top + 18,
    size: 17,
    colour: COLOURS[mark],
    bold: true,
    anchor: 'middle',
  };
  return [
    textElement(escapeXml(shortened(word.text, lettersIn(MAP.width, label))), label),
    textElement(`${word.entropy.toFixed(2)} bits`, {
      x: label.x,
      y: top + 28 + map.height + 20,
      size: 14,
      colour: SOFT,
      anchor: 'middle',
    }),
  ];
}

/** The colour scale under the maps. */
function scale(top: number, y: number): string[] {
  const x = MARGIN + GUTTER;
  const stops = Array.from({ length: 9 }, (_, at) => {
    const [r, g, b] = heatColour(at / 8).map(Math.round);
    return `<stop offset="${at / 8}" stop-color="rgb(${r},${g},${b})"/>`;
  });
  const note = { y: y + 13, size: 14, colour: SOFT } as const;
  return [
    `<defs><linearGradient id="heat">${stops.join('')}</linearGradient></defs>`,
    `<rect x="${x}" y="${y}" width="200" height="16" rx="3" fill="url(#heat)"/>`,
    textElement('0', { ...note, x: x - 10, anchor: 'end' }),
    textElement(
      `${(100 * top).toFixed(0)} % of the attention to the picture, on one place; the same scale in all maps`,
      {
        ...note,
        x: x + 212,
      },
    ),
  ];
}

/**
 * Draws a picture, its draft and final caption with the changes, and for each content word the attention of the first and the second pass: all
 * maps on one scale, words in each other's place above each other.
 * @param picture the picture that was explained, in any size
 * @returns a PNG, 1200 pixels wide
 */
export async function drawExplanation(explanation: Explanation, picture: Picture): Promise<Buffer> {
  const columns = columnsOf(explanation);
  const shown = fitted(picture, PICTURE);
  const map = fitted(picture, MAP);
  const raw = { width: picture.width, height: picture.height, channels: 3 } as const;
  const large = await sharp(picture.pixels, { raw })
    .resize(shown.width, shown.height, { fit: 'fill' })
    .png()
    .toBuffer();
  const layers: Layer[] = [{ input: large, left: MARGIN, top: MARGIN }];
  const { svg, end } = captionText(explanation, columns, MARGIN + shown.width + 36);

  const views = { draft: picture, final: await cropMargins(picture, explanation.margins) };
  const top = Math.max(
    0,
    ...columns.flatMap(({ draft, final }) => [...(draft?.shares ?? []), ...(final?.shares ?? [])]),
  );
  const cell = 28 + map.height + 40;
  let y = Math.max(MARGIN + shown.height, end) + 34;
  for (let first = 0; first < columns.length; first += PER_BAND) {
    svg.push(`<line x1="${MARGIN}" x2="${WIDTH - MARGIN}" y1="${y}" y2="${y}" stroke="${LINE}"/>`);
    y += 24;
    for (const pass of ['draft', 'final'] as const) {
      const label = { x: MARGIN, y: y + 28 + map.height / 2, size: 15, colour: SOFT };
      svg.push(textElement(pass === 'draft' ? 'first pass' : 'second pass', label));
      for (const [at, column] of columns.slice(first, first + PER_BAND).entries()) {
        const word = column[pass];
        const x = MARGIN + GUTTER + at * (MAP.width + GAP);
        const left = x + Math.round((MAP.width - map.width) / 2);
        if (word === undefined) {
          svg.push(
            `<rect x="${left}" y="${y + 28}" width="${map.width}" height="${map.height}" rx="4" fill="none" stroke="${LINE}" stroke-dasharray="5 5"/>`,
          );
          continue;
        }
        svg.push(...cellText(word, column.same ? 'none' : pass === 'draft' ? 'removed' : 'added', x, y, map));
        layers.push({ input: await heatMap(views[pass], word.shares, explanation.grid, top, map), left, top: y + 28 });
      }
      y += cell;
    }
  }
  if (columns.length > 0) svg.push(...scale(top, y + 4));
  const height = y + (columns.length > 0 ? 30 : 0) + MARGIN;
  const sheet = `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}">${svg.join('')}</svg>`;
  return sharp({ create: { width: WIDTH, height, channels: 3, background: '#ffffff' } })
    .composite([...layers, { input: Buffer.from(sheet), left: 0, top: 0 }])
    .png()
    .toBuffer();
}
