import { equalIgnoringCase, SIMILAR, tidy, wordOverlap } from '../pipeline/cues/text.ts';
import type { LiveCaption, LiveCue } from './live-event.ts';

/** A caption, and whether its picture is the same as the one before. */
export interface SeenCaption {
  readonly caption: LiveCaption;
  readonly still: boolean;
}

/**
 * Makes cues of the captions of one source: a caption holds until one of other words comes, or until the source goes away. Equal texts are one
 * cue; in a still picture similar ones are too, under the more confident wording, as in tracks of files. Captions without text, or less
 * confident than `minConfidence`, leave a gap.
 */
export class CueAssembly {
  readonly #minConfidence: number;
  #current: LiveCue | undefined;

  constructor(minConfidence: number) {
    this.#minConfidence = minConfidence;
  }

  /** Takes the next caption. Returns the cue that it ends. */
  push({ caption, still }: SeenCaption): LiveCue | undefined {
    const { source, session, at, confidence } = caption;
    const text = tidy(caption.text);
    const current = this.#current;
    const counts = text !== '' && confidence >= this.#minConfidence;
    const same =
      current !== undefined &&
      current.session === session &&
      (equalIgnoringCase(current.text, text) || (still && wordOverlap(current.text, text) >= SIMILAR));
    if (counts && same) {
      const better = confidence > current.confidence ? { text, confidence } : {};
      this.#current = { ...current, ...better, end: at };
      return undefined;
    }
    const ended = this.end(at);
    if (counts) this.#current = { kind: 'cue', source, session, start: at, end: at, text, confidence };
    return ended;
  }

  /** The cue that has not ended yet. Its end is the time of its last caption. */
  get open(): LiveCue | undefined {
    return this.#current;
  }

  /** The source has gone away: its last picture was shown until `at`. Returns the cue that this ends. */
  end(at: number): LiveCue | undefined {
    const current = this.#current;
    this.#current = undefined;
    if (current === undefined) return undefined;
    const end = Math.max(at, current.end);
    // A caption of the last frame holds for no time that is known: it counts for one second.
    return { ...current, end: end > current.start ? end : current.start + 1000 };
  }
}
