import { createHash } from 'node:crypto';
import type { Caption, Group, ImageSpec, Keyframe } from '../../core/types.ts';
import type { Captioner, CaptionModel } from '../captioner.ts';
import type { Provider } from '../families/family.ts';
import { createCaptioner } from '../pool/pool.ts';
import { framesWithin } from '../regions/frames-within.ts';
import { ocrFamily, READING_SIZE } from './ocr-family.ts';
import { ocrFolder } from './ocr-files.ts';
import { scaleKeyframe } from './scale-keyframe.ts';

/** Frames that are large enough for both. */
function sharedImage(image: ImageSpec): ImageSpec {
  const larger = image.resize === 'fit' ? Math.max(image.width, image.height, READING_SIZE) : READING_SIZE;
  return { ...framesWithin(larger), matrix: image.matrix, readsText: true };
}

function withLines(captions: readonly Caption[], readings: readonly Caption[]): Caption[] {
  const lines = new Map(readings.map((reading) => [reading.index, reading.lines]));
  return captions.map((caption) => {
    const found = lines.get(caption.index);
    return found === undefined ? caption : { ...caption, lines: found };
  });
}

/** Captions and reads a group at once. */
function captionAndRead(captioner: Captioner, reader: Captioner, both: Omit<CaptionModel, 'captioner'>): Captioner {
  const scaled = (group: Group): Group => ({
    ...group,
    keyframes: group.keyframes.map((keyframe: Keyframe) => scaleKeyframe(keyframe, captioner.image)),
  });
  return {
    ...{ model: both.model, runtime: both.runtime, image: both.image, concurrency: captioner.concurrency },
    async open() {
      await Promise.all([captioner.open(), reader.open()]);
    },
    async caption(group, options, signal) {
      const [captions, readings] = await Promise.all([
        captioner.caption(scaled(group), options, signal),
        reader.caption(group, options, signal),
      ]);
      return withLines(captions, readings);
    },
    async close() {
      await Promise.all([captioner.close(), reader.close()]);
    },
  };
}

/**
 * A model whose captions also have the text in the picture, in `lines`. It is another model, with a name and a hash of its own: its captions are
 * written from frames that are large enough to read, and a worker of the queue must know that it has to read.
 * @throws BundleError where the files of PP-OCR are missing
 */
export async function readText(model: CaptionModel, provider: Provider = 'cpu'): Promise<CaptionModel> {
  const ocr = await ocrFamily.load(ocrFolder(), provider, 'brief');
  const identity = {
    name: `${model.model.name}+${ocr.model.name}`,
    version: `${model.model.version}+${ocr.model.version}`,
    sha256: createHash('sha256').update(`${model.model.sha256} ${ocr.model.sha256}`).digest('hex'),
  };
  const { runtime, minConfidence, defaultConcurrency } = model;
  const both = { model: identity, runtime, image: sharedImage(model.image), minConfidence, defaultConcurrency };
  return {
    ...both,
    ...(model.notes === undefined ? {} : { notes: model.notes }),
    captioner: (options) => captionAndRead(model.captioner(options), createCaptioner({ ...options, model: ocr }), both),
  };
}
