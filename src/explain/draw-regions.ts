import sharp from 'sharp';
import type { Micros, ModelIdentity, Region } from '../core/types.ts';
import { vttTime } from '../pipeline/cues/time.ts';
import { pairWords } from './content-words.ts';
import type { Picture } from './heat.ts';
import { escapeXml, lettersIn, type MarkedWord, markedContent, shortened, textElement, wrapWords } from './svg.ts';

const WIDTH = 1200;
const MARGIN = 40;
const PICTURE = { width: 640, height: 560 } as const;
const INK = '#101828';
const SOFT = '#667085';
const BOXES = ['#d92d20', '#1570ef', '#099250', '#dc6803'] as const;

/** Both captions of a picture, and the parts that the second pass looked at. */
export interface CaptionExplanation {
  readonly name: string;
  readonly time?: Micros;
  readonly model: ModelIdentity;
  readonly draft: string;
  readonly text: string;
  readonly confidence: number;
  readonly regions: readonly Region[];
}

/** The words of both captions; words that the other caption lacks are marked. */
function marked(draft: string, final: string): Record<'draft' | 'final', MarkedWord[]> {
  const words = (text: string): string[] => text.split(/\s+/u).filter((word) => word !== '');
  const [before, after] = [words(draft), words(final)];
  const pairs = pairWords(before, after);
  const kept = (of: 'draft' | 'final', word: number): boolean => pairs.some((pair) => pair.same && pair[of] === word);
  return {
    draft: before.map((text, word) => ({ text, mark: kept('draft', word) ? 'none' : 'removed' })),
    final: after.map((text, word) => ({ text, mark: kept('final', word) ? 'none' : 'added' })),
  };
}

/**
 * Draws a picture with the parts that the second pass looked at, and both captions with the changes.
 * @param picture the picture that was explained, in any size
 * @returns a PNG, 1200 pixels wide
 */
export async function drawRegions(explanation: CaptionExplanation, picture: Picture): Promise<Buffer> {
  const { draft, text, confidence, regions, model, name, time } = explanation;
  const factor = Math.min(PICTURE.width / picture.width, PICTURE.height / picture.height);
  const shown = {
    width: Math.max(1, Math.round(picture.width * factor)),
    height: Math.max(1, Math.round(picture.height * factor)),
  };
  const raw = { width: picture.width, height: picture.height, channels: 3 } as const;
  const input = await sharp(picture.pixels, { raw })
    .resize(shown.width, shown.height, { fit: 'fill' })
    .png()
    .toBuffer();
  const svg: string[] = [];
  for (const [at, region] of regions.entries()) {
    const colour = BOXES[at % BOXES.length] ?? INK;
    const [left, top] = [MARGIN + region.x * shown.width, MARGIN + region.y * shown.height];
    svg.push(
      `<rect x="${left.toFixed(1)}" y="${top.toFixed(1)}" width="${(region.width * shown.width).toFixed(1)}" ` +
        `height="${(region.height * shown.height).toFixed(1)}" fill="none" stroke="${colour}" stroke-width="4"/>`,
      textElement(escapeXml(shortened(region.label ?? String(at + 1), 30)), {
        x: left + 6,
        y: top + 20,
        size: 16,
        colour,
        bold: true,
      }),
    );
  }
  const x = MARGIN + shown.width + 36;
  const most = lettersIn(WIDTH - MARGIN - x, { size: 25 });
  let y = MARGIN + 16;
  const words = marked(draft, text);
  for (const [label, line] of [
    ['First pass', words.draft],
    [`Second pass  ·  confidence ${confidence.toFixed(2)}`, words.final],
  ] as const) {
    svg.push(textElement(escapeXml(label), { x, y, size: 15, colour: SOFT }));
    y += 36;
    for (const each of wrapWords(line, most)) {
      svg.push(textElement(markedContent(each, most), { x, y, size: 25, colour: INK }));
      y += 34;
    }
    y += 18;
  }
  for (const note of [`${name}${time === undefined ? '' : ` at ${vttTime(time)}`}`, `${model.name} ${model.version}`]) {
    const fitting = shortened(note, lettersIn(WIDTH - MARGIN - x, { size: 15 }));
    svg.push(textElement(escapeXml(fitting), { x, y, size: 15, colour: SOFT }));
    y += 23;
  }
  const height = Math.max(MARGIN + shown.height, y) + MARGIN;
  const sheet = `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}">${svg.join('')}</svg>`;
  return sharp({ create: { width: WIDTH, height, channels: 3, background: '#ffffff' } })
    .composite([
      { input, left: MARGIN, top: MARGIN },
      { input: Buffer.from(sheet), left: 0, top: 0 },
    ])
    .png()
    .toBuffer();
}
