import { UsageError } from '../core/failures.ts';
import type { ImageSpec, Micros } from '../core/types.ts';
import { scaledSize } from '../ingest/decode/filters.ts';
import { frameAt, shownSpan } from '../ingest/decode/frame-at.ts';
import { readPicture } from '../ingest/decode/still-picture.ts';
import { openMedia } from '../ingest/open-media.ts';
import type { MediaInfo } from '../ingest/probe/media-info.ts';
import { expandInputs, type Source } from '../ingest/sources/sources.ts';
import { vttTime } from '../pipeline/cues/time.ts';
import type { Bundle } from '../workers/bundle/bundle.ts';
import { openEngine } from '../workers/bundle/engine.ts';
import { drawExplanation } from './draw.ts';
import { type Explanation, gridOf, numbersOf } from './explanation.ts';
import type { Picture } from './heat.ts';
import type { Moment } from './moment.ts';

/** The largest size of the picture for the drawing. */
const DRAWN = { width: 960, height: 800 } as const;
/** Any size will do: only the ratio of the sides is used. */
const ANY = 1000;

/** The one picture or video of an argument. Throws a UsageError or an IngestError. */
export async function oneSource(input: string): Promise<Source> {
  const { sources, problems } = await expandInputs([input]);
  const [source] = sources;
  if (source === undefined) throw problems[0]?.error ?? new UsageError(`${input} is not a picture or video`);
  if (sources.length > 1)
    throw new UsageError(`explain takes one picture, or one video and a time: ${input} is more than one`);
  return source;
}

/** What the model sees, in a size for display: the whole frame in its own proportions, or the crop that the model gets. */
function displaySpec(media: MediaInfo, image: ImageSpec): ImageSpec {
  const shown =
    image.resize === 'crop' ? image : scaledSize(media, { ...image, resize: 'crop', width: ANY, height: ANY });
  const factor = Math.min(DRAWN.width / shown.width, DRAWN.height / shown.height);
  const side = (length: number): number => Math.max(1, Math.round(length * factor));
  return { ...image, width: side(shown.width), height: side(shown.height) };
}

/** The pixels of a still picture, or of the frame that a video shows at `time`. */
export async function pixelsOf(
  source: Source,
  media: MediaInfo,
  time: Micros | undefined,
  image: ImageSpec,
  signal: AbortSignal,
): Promise<Uint8Array> {
  if (time === undefined) return readPicture(source, image);
  const { from, to } = shownSpan(media);
  const frame = to !== undefined && time > to ? undefined : await frameAt(source, media, time, image, signal);
  if (frame !== undefined) return frame.pixels;
  const until = to === undefined ? '' : ` to ${vttTime(to)}`;
  throw new UsageError(`${source.label} shows nothing at ${vttTime(time)}: it runs from ${vttTime(from)}${until}`);
}

/** A picture has no times, a video needs one. Throws a UsageError. */
export function checkMoment({ input, time }: Moment, media: MediaInfo): void {
  const still = media.container === 'picture';
  if (still && time !== undefined) throw new UsageError(`${input} is a picture, which has no times: leave out the @`);
  if (!still && time === undefined) {
    throw new UsageError(`${input} is a video: say which moment of it, as in ${input}@12.5 or ${input}@1:02:03.5`);
  }
}

/** An explanation: the final caption, the numbers for `--json`, and the drawing. */
export interface FrameExplanation {
  readonly text: string;
  readonly numbers: object;
  draw(): Promise<Buffer>;
}

/** Captions a picture, or a frame of a video, in two passes and explains both. Throws a UsageError, IngestError, BundleError or ExplainError. */
export async function explainFrame(
  source: Source,
  moment: Moment,
  bundle: Bundle,
  signal: AbortSignal,
): Promise<FrameExplanation> {
  const { time } = moment;
  const { manifest, model, image } = bundle;
  const grid = gridOf(manifest.dims.visual, image);
  const opened = await openMedia(source, { signal });
  try {
    const { media } = opened;
    checkMoment(moment, media);
    const pixels = await pixelsOf(opened.source, media, time, image, signal);
    const spec = displaySpec(media, image);
    const picture: Picture = { ...spec, pixels: await pixelsOf(opened.source, media, time, spec, signal) };
    const engine = await openEngine(bundle);
    const [explained] = await engine.explain([pixels]).finally(() => engine.release());
    if (explained === undefined) throw new RangeError('The engine returned no explanation');
    const explanation: Explanation = {
      ...explained,
      name: source.name,
      model,
      grid,
      margins: {
        across: manifest.generation.centerCrop / image.width,
        down: manifest.generation.centerCrop / image.height,
      },
      ...(time === undefined ? {} : { time }),
    };
    const { text } = explanation.final;
    return { text, numbers: numbersOf(explanation), draw: () => drawExplanation(explanation, picture) };
  } finally {
    await opened.dispose();
  }
}
