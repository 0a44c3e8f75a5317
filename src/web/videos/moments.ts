import type { Caption } from '../../core/types.ts';
import { pixelsOf } from '../../explain/explain-frame.ts';
import { explainSource } from '../../explain/explain-input.ts';
import { underGuard } from '../../ingest/access/guard.ts';
import { exactImage } from '../../ingest/decode/filters.ts';
import { openMedia } from '../../ingest/open-media.ts';
import { DEFAULT_BUNDLE } from '../../workers/bundle/bundle.ts';
import type { ModelChoice } from '../../workers/load-model.ts';
import type { Recaption } from '../api/schemas/cues.ts';
import { WebError } from '../errors.ts';
import type { StoredVideo } from '../store/documents.ts';
import type { Captioners } from './captioners.ts';
import type { DataFolder } from './data-folder.ts';
import { type AccessLists, guardOf, sourceOf } from './video-source.ts';

/** How a moment is captioned again. */
export interface RecaptionRequest {
  /** Seconds of the track. */
  readonly at: number;
  readonly model?: string | undefined;
  readonly passes: 1 | 2;
}

/** Looks at single moments of videos, one after the other: a model takes all that a machine has. */
export class Moments {
  readonly #data: DataFolder;
  readonly #lists: AccessLists;
  readonly #captioners: Captioners;
  readonly #model: ModelChoice | undefined;
  readonly #signal: AbortSignal;
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    data: DataFolder,
    lists: AccessLists,
    captioners: Captioners,
    model: ModelChoice | undefined,
    signal: AbortSignal,
  ) {
    this.#data = data;
    this.#lists = lists;
    this.#captioners = captioners;
    this.#model = model;
    this.#signal = signal;
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const done = this.#last.then(act);
    this.#last = done.catch(() => undefined);
    return done;
  }

  #timeOf(video: StoredVideo, at: number): number {
    const { media, name } = video;
    if (media?.duration !== undefined && media.duration !== null && at > media.duration) {
      throw new WebError('not-there', `${name} is ${media.duration.toFixed(1)} s long`);
    }
    return Math.round(at * 1e6);
  }

  /** Captions one moment again. Nothing is kept. Throws a RequestError, `not-there`, `captions-failed`. */
  async recaption(
    video: StoredVideo,
    { at, model = video.options.model, passes }: RecaptionRequest,
  ): Promise<Recaption> {
    await this.#captioners.check(model);
    const time = this.#timeOf(video, at);
    return this.#inTurn(async () => {
      const guard = await guardOf(video, this.#data, this.#lists);
      return underGuard(guard, await sourceOf(video), (guarded) =>
        this.#captioners.use(model, async (captioner) => {
          const opened = await openMedia(guarded, { signal: this.#signal });
          try {
            const { media, source } = opened;
            const image = exactImage(media, captioner.image);
            const { width, height } = image;
            const moment = source.kind === 'picture' ? undefined : time;
            const pixels = await pixelsOf(source, media, moment, image, this.#signal);
            const keyframe = {
              video: video.name,
              index: 0,
              pts: time + media.start,
              still: false,
              width,
              height,
              pixels,
            };
            await captioner.open();
            const group = { video: video.name, index: 0, keyframes: [keyframe] };
            const [caption] = await captioner.caption(group, { passes }, this.#signal);
            return resultOf(caption, captioner.model);
          } finally {
            await opened.dispose();
          }
        }),
      );
    });
  }

  /** Draws where the model of a video looks at one moment, as a PNG. Throws as `explain` does. */
  explain(video: StoredVideo, at: number): Promise<Buffer> {
    const time = this.#timeOf(video, at);
    return this.#inTurn(async () => {
      const guard = await guardOf(video, this.#data, this.#lists);
      const model = video.options.model ?? this.#model ?? DEFAULT_BUNDLE;
      return underGuard(guard, await sourceOf(video), async (source) => {
        const moment = { input: video.name, ...(source.kind === 'picture' ? {} : { time }) };
        return (await explainSource(source, moment, model, this.#signal)).draw();
      });
    });
  }
}

function resultOf(caption: Caption | undefined, model: Recaption['model']): Recaption {
  if (caption === undefined || caption.error !== undefined) {
    throw new WebError('not-there', `the model wrote no caption: ${caption?.error?.message ?? 'it failed'}`);
  }
  const { text, draft, confidence, passes } = caption;
  return { text, draft, confidence, passes, model: { name: model.name, version: model.version } };
}
