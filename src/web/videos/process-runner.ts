import { rm } from 'node:fs/promises';
import { withThumbnails } from '../../archive/index/thumbnails.ts';
import { captionInput } from '../../captioning/caption-input.ts';
import { identify, trackKey } from '../../captioning/input-identity.ts';
import type { ModelCaptioner } from '../../captioning/open-captioner.ts';
import type { Reporter } from '../../captioning/reporter.ts';
import { underGuard } from '../../ingest/access/guard.ts';
import type { MediaInfo } from '../../ingest/probe/media-info.ts';
import type { Source } from '../../ingest/sources/sources.ts';
import { asInputError } from '../../ingest/sources/sources.ts';
import type { TrackWriter } from '../../pipeline/formats/track-writer.ts';
import { ensureStateFolder } from '../../storage/folders/ensure-folder.ts';
import type { StoredVideo } from '../store/documents.ts';
import type { Captioners } from './captioners.ts';
import type { DataFolder } from './data-folder.ts';
import { MOST_PICTURES } from './keyframe-pictures.ts';
import { trackSettings } from './track-settings.ts';
import type { RunObserver, RunOutcome, VideoRunner } from './video-runner.ts';
import { type AccessLists, guardOf, sourceOf } from './video-source.ts';

function silentReporter(observer: RunObserver): Reporter {
  const nothing = (): void => undefined;
  return {
    phase: nothing,
    begin: nothing,
    note: nothing,
    end: nothing,
    close: nothing,
    progress: (_, { keyframes, covered }) => observer.progress(keyframes, covered / 1e6),
  };
}

/** Hands captions and cues to the observer. */
function observingWriter(observer: RunObserver, zero: () => number): TrackWriter {
  return {
    async caption({ index, pts, text, draft, confidence, passes, nothingVisible, error }) {
      observer.caption({
        index,
        time: (pts - zero()) / 1e6,
        text,
        draft,
        confidence,
        passes,
        ...(nothingVisible === undefined ? {} : { nothingVisible }),
        ...(error === undefined ? {} : { error: { code: error.code, message: error.message } }),
      });
    },
    async cue({ start, end, text, from }) {
      const seconds = (micros: number): number => Math.round(micros / 1000) / 1000;
      observer.cue({ start: seconds(start), end: seconds(end), text, from: [...from] });
    },
    finish: async () => undefined,
    abort: async () => undefined,
  };
}

/** Captions videos in this process, with a journal: what was captioned survives a kill -9. */
export class ProcessRunner implements VideoRunner {
  readonly kind = 'process';
  readonly concurrency: number;
  readonly #data: DataFolder;
  readonly #lists: AccessLists;
  readonly #captioners: Captioners;

  constructor(data: DataFolder, lists: AccessLists, captioners: Captioners, concurrency: number) {
    this.#data = data;
    this.#lists = lists;
    this.#captioners = captioners;
    this.concurrency = concurrency;
  }

  async caption(video: StoredVideo, observer: RunObserver, signal: AbortSignal): Promise<RunOutcome> {
    return this.#captioners.use(video.options.model, async (captioner) => {
      const source = await sourceOf(video);
      const guard = await guardOf(video, this.#data, this.#lists);
      observer.model(captioner.model);
      return underGuard(guard, source, (guarded) => this.#run(video, guarded, captioner, observer, signal));
    });
  }

  async #run(
    video: StoredVideo,
    source: Source,
    captioner: ModelCaptioner,
    observer: RunObserver,
    signal: AbortSignal,
  ): Promise<RunOutcome> {
    const { id, options } = video;
    const data = this.#data;
    const settings = { ...trackSettings(options, captioner), resume: true, force: true, verbose: false };
    const identity = await identify(source).catch((error: unknown) => {
      throw asInputError(error, source.label);
    });
    await ensureStateFolder(data.video(id));
    let zero = 0;
    const tap = (media: MediaInfo): void => {
      zero = media.start;
      observer.media(media);
    };
    const { summary } = await captionInput(
      { settings, captioner, stateDir: data.state(id), signal, reporter: silentReporter(observer) },
      {
        source,
        identity,
        owner: id,
        targets: [
          { format: 'vtt', path: data.track(id, 'vtt') },
          { format: 'json', path: data.track(id, 'json') },
        ],
        key: trackKey(identity, settings, captioner.model),
        tapKeyframes: (keyframes, media) => {
          tap(media);
          const fileOf = (index: number) => (index < MOST_PICTURES ? data.picture(id, index) : undefined);
          return withThumbnails(keyframes, fileOf, media, captioner.image);
        },
        extraWriters: [observingWriter(observer, () => zero)],
      },
    );
    return { state: summary.state === 'partial' ? 'partial' : 'done', problems: summary.problems };
  }

  async forget({ id }: StoredVideo): Promise<void> {
    await rm(this.#data.state(id), { recursive: true, force: true });
  }

  /** It has no services. */
  async workers(): Promise<undefined> {}

  /** The models are not this runner's alone. */
  async close(): Promise<void> {}
}
