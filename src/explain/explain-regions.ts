import { SecondGlanceError } from '../core/errors.ts';
import { exactImage } from '../ingest/decode/filters.ts';
import { openMedia } from '../ingest/open-media.ts';
import type { Source } from '../ingest/sources/sources.ts';
import type { CaptionModel } from '../workers/captioner.ts';
import { type CaptionExplanation, drawRegions } from './draw-regions.ts';
import { checkMoment, type FrameExplanation, pixelsOf } from './explain-frame.ts';
import type { Moment } from './moment.ts';

/**
 * Captions a picture, or a frame of a video, in two passes with a model that shows no attention, and says which parts of the picture the second
 * pass looked at. Throws a UsageError, IngestError, or what the model throws.
 */
export async function explainRegions(
  source: Source,
  moment: Moment,
  model: CaptionModel,
  signal: AbortSignal,
): Promise<FrameExplanation> {
  const opened = await openMedia(source, { signal });
  const captioner = model.captioner({ processes: 1 });
  try {
    const { media } = opened;
    checkMoment(moment, media);
    const image = exactImage(media, model.image);
    const pixels = await pixelsOf(opened.source, media, moment.time, image, signal);
    const { width, height } = image;
    await captioner.open();
    const keyframe = { video: source.name, index: 0, pts: moment.time ?? 0, still: false, width, height, pixels };
    const [caption] = await captioner.caption(
      { video: source.name, index: 0, keyframes: [keyframe] },
      { passes: 2 },
      signal,
    );
    if (caption === undefined || caption.error !== undefined) {
      throw new SecondGlanceError(
        'captions-failed',
        `The picture could not be captioned: ${caption?.error?.message ?? 'no caption'}`,
      );
    }
    const { draft, text, confidence, regions = [] } = caption;
    const { time } = moment;
    const explanation: CaptionExplanation = {
      ...{ name: source.name, model: model.model, draft, text, confidence, regions },
      ...(time === undefined ? {} : { time }),
    };
    const numbers = { ...explanation, ...(time === undefined ? {} : { time: time / 1e6 }) };
    return { text, numbers, draw: () => drawRegions(explanation, { width, height, pixels }) };
  } finally {
    await captioner.close();
    await opened.dispose();
  }
}
