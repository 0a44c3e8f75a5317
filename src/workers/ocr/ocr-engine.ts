import { Tensor } from 'onnxruntime-node';
import type { Caption, Keyframe, TextLine } from '../../core/types.ts';
import type { LocalEngine, OpenOptions } from '../families/family.ts';
import { floats, openGraph, outputOf } from '../hub/hub-sessions.ts';
import { fraction, type RawPicture } from '../regions/detail-regions.ts';
import { decodeCtc, type Reading } from './ctc.ts';
import type { OcrFiles } from './ocr-files.ts';
import { cutQuad, distance, linearResize, type Quad, turnAround, turnLeft } from './raster.ts';
import { readingOrder } from './reading-order.ts';
import { textBoxes } from './text-boxes.ts';
import { mayShowText } from './text-edges.ts';

/** Sides of the detector's input are multiples of this. */
const STRIDE = 32;
/** Height of the recogniser's and the classifier's input. */
const LINE_HEIGHT = 48;
/** The least width of the recogniser's input: shorter lines are padded. */
const LEAST_WIDTH = 320;
const CLASSIFIER_WIDTH = 192;
/** The classifier turns a line only where it is this sure. */
const TURN_THRESHOLD = 0.9;
/** A box this much taller than wide holds a line that runs up or down. */
const UPRIGHT = 1.5;
/** Readings of lower confidence are left out. */
const LEAST_CONFIDENCE = 0.5;
/** A single character is more often a corner or a logo than text. */
const LEAST_ALONE = 0.95;

/** A picture as float32 [1, 3, height, width] from -1 to 1, blue first, on the left of a tensor of `width`. */
function tensorOf({ width, height, pixels }: RawPicture, paddedWidth = width): Tensor {
  const area = paddedWidth * height;
  const values = new Float32Array(3 * area);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < 3; c++) {
        values[c * area + y * paddedWidth + x] = (pixels[(y * width + x) * 3 + 2 - c] as number) / 127.5 - 1;
      }
    }
  }
  return new Tensor('float32', values, [1, 3, height, paddedWidth]);
}

/** Python's `round`: halves go to the even number. */
function roundHalfEven(value: number): number {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

function detectorSize(length: number): number {
  return Math.max(STRIDE, roundHalfEven(length / STRIDE) * STRIDE);
}

/** The picture of a line, upright. */
function cutLine(picture: RawPicture, quad: Quad): RawPicture {
  const [a, b, c, d] = quad;
  const width = Math.max(1, Math.floor(Math.max(distance(a, b), distance(c, d))));
  const height = Math.max(1, Math.floor(Math.max(distance(a, d), distance(b, c))));
  const cut = cutQuad(picture, quad, width, height);
  return height / width >= UPRIGHT ? turnLeft(cut) : cut;
}

/** A line resized to the recogniser's height, and no wider than `most`. */
function lineOf(height: number, most: number, picture: RawPicture): RawPicture {
  const width = Math.min(most, Math.ceil((height * picture.width) / picture.height));
  return linearResize(picture, Math.max(1, width), height);
}

/** Reads the text in pictures with the graphs of PP-OCR. */
export interface OcrEngine extends LocalEngine {
  /** The lines of text in a picture, as a person reads them. */
  read(picture: RawPicture): Promise<TextLine[]>;
}

/**
 * Loads PP-OCR's detector, line classifier and recogniser into this process.
 * @throws BundleError where a graph cannot be loaded
 */
export async function openOcr(files: OcrFiles, options: OpenOptions): Promise<OcrEngine> {
  const io = { inputs: ['x'], outputs: [] };
  const detector = await openGraph(files, 'detector', options, io);
  const classifier = await openGraph(files, 'classifier', options, io);
  const recogniser = await openGraph(files, 'recogniser', options, io);
  const run = async (graph: typeof detector, input: Tensor): Promise<Tensor> =>
    outputOf(await graph.run({ x: input }), graph.outputs[0] ?? '');

  async function boxesOf(picture: RawPicture): Promise<Quad[]> {
    const [width, height] = [detectorSize(picture.width), detectorSize(picture.height)];
    const map = await run(detector, tensorOf(linearResize(picture, width, height)));
    return textBoxes({ width, height, values: floats(map) }, picture);
  }

  async function isUpsideDown(line: RawPicture): Promise<boolean> {
    const ready = tensorOf(lineOf(LINE_HEIGHT, CLASSIFIER_WIDTH, line), CLASSIFIER_WIDTH);
    const [upright = 1, turned = 0] = floats(await run(classifier, ready));
    return turned > upright && turned > TURN_THRESHOLD;
  }

  async function readLine(cut: RawPicture): Promise<Reading> {
    const line = (await isUpsideDown(cut)) ? turnAround(cut) : cut;
    const width = Math.max(LEAST_WIDTH, Math.floor((LINE_HEIGHT * line.width) / line.height));
    return decodeCtc(
      floats(await run(recogniser, tensorOf(lineOf(LINE_HEIGHT, width, line), width))),
      files.characters,
    );
  }

  async function read(picture: RawPicture): Promise<TextLine[]> {
    if (!mayShowText(picture)) return [];
    const lines: TextLine[] = [];
    for (const quad of await boxesOf(picture)) {
      const { text: read, confidence } = await readLine(cutLine(picture, quad));
      const text = read.trim();
      if (text === '' || confidence < ([...text].length === 1 ? LEAST_ALONE : LEAST_CONFIDENCE)) continue;
      const xs = quad.map(({ x }) => x);
      const ys = quad.map(({ y }) => y);
      const [left, top] = [Math.min(...xs), Math.min(...ys)];
      lines.push({
        text,
        confidence: Math.round(confidence * 1e4) / 1e4,
        x: fraction(left / picture.width),
        y: fraction(top / picture.height),
        width: fraction((Math.max(...xs) - left) / picture.width),
        height: fraction((Math.max(...ys) - top) / picture.height),
      });
    }
    return readingOrder(lines);
  }

  return {
    read,
    async caption({ keyframes }, { passes }) {
      const captions: Caption[] = [];
      for (const keyframe of keyframes) {
        const lines = sameAsBefore(keyframe, captions) ?? (await read(keyframe));
        const { video, index, pts, still } = keyframe;
        const text = lines.map((line) => line.text).join('\n');
        const confidence = Math.min(1, ...lines.map((line) => line.confidence));
        captions.push({
          video,
          index,
          pts,
          still,
          draft: text,
          text,
          confidence: text === '' ? 0 : confidence,
          passes,
          lines,
        });
      }
      return captions;
    },
    async release() {
      for (const graph of [detector, classifier, recogniser]) await graph.release();
    },
  };
}

/** A still keyframe shows the picture before it. Only within a group: what came before that must not matter. */
function sameAsBefore({ still }: Keyframe, before: readonly Caption[]): readonly TextLine[] | undefined {
  return still ? before.at(-1)?.lines : undefined;
}
