import type { ServiceTrack } from '../../archive/captioners/service-track.ts';
import { untilAbort } from '../../core/lifetime/until-abort.ts';
import type { Caption } from '../../core/types.ts';
import type { QueueContext } from '../../queue/queue-context.ts';
import type { StoredCaption } from '../store/documents.ts';
import type { RunObserver } from './video-runner.ts';

/** Groups that are asked for at once. */
const GROUPS = 16;

type AnyCaption = Pick<Caption, 'index' | 'text' | 'draft' | 'confidence' | 'passes' | 'nothingVisible'> & {
  readonly error?: Caption['error'] | undefined;
};

function storedCaption(
  { index, text, draft, confidence, passes, nothingVisible, error }: AnyCaption,
  time: number,
): StoredCaption {
  return {
    ...{ index, time, text, draft, confidence, passes },
    ...(nothingVisible === undefined ? {} : { nothingVisible }),
    ...(error === undefined ? {} : { error: { code: error.code, message: error.message } }),
  };
}

/** The captions of a video in the queue, in their order, as workers make them durable. */
export class ArrivingCaptions {
  readonly #queue: QueueContext;
  readonly #id: string;
  readonly #observer: RunObserver;
  #group = 0;
  #keyframes = 0;

  constructor(queue: QueueContext, id: string, observer: RunObserver) {
    this.#queue = queue;
    this.#id = id;
    this.#observer = observer;
  }

  /** Reports what is there by now. `zero` is the start of the container, in microseconds. */
  async read(zero: number, signal: AbortSignal): Promise<void> {
    for (;;) {
      const results = await untilAbort(this.#queue.results.read(this.#id, this.#group, this.#group + GROUPS), signal);
      for (const result of results) {
        if (result === undefined) return;
        this.#group += 1;
        for (const caption of result.captions) this.#report(storedCaption(caption, (caption.pts - zero) / 1e6));
      }
      // Results end at the first group that has none yet.
      if (results.length < GROUPS) return;
    }
  }

  /** Reports the rest of a finished track: captions that were not seen, and all cues. */
  finish({ source, keyframes, cues }: ServiceTrack): void {
    for (const keyframe of keyframes.slice(this.#keyframes)) {
      this.#report(storedCaption(keyframe, keyframe.pts - source.start));
    }
    for (const cue of cues) this.#observer.cue(cue);
    this.#observer.progress(keyframes.length, source.duration);
  }

  #report(caption: StoredCaption): void {
    this.#keyframes += 1;
    this.#observer.caption(caption);
  }
}
