import type { Caption, EventMark, Group, Keyframe, RecordedBy, VideoEvent } from '../../core/types.ts';
import { GROUP_SIZE } from '../../core/types.ts';
import { gatherEvents } from '../../pipeline/events/gather-events.ts';
import type { LiveLook } from '../source-reader.ts';

/** An event of a live source that goes on: its frames, as far as they are kept, and what the captions of single frames say. */
export class OpenEvent {
  readonly source: string;
  readonly session: number;
  /** As the selector counts. */
  readonly index: number;
  /** Milliseconds since 1970. */
  readonly start: number;
  /** When it ended. Undefined while it goes on. */
  end: number | undefined;
  #looks: LiveLook[] = [];
  /** Of the frames that come, every n-th is kept. */
  #stride = 1;
  #seen = 0;
  readonly #gathered;

  constructor(source: string, session: number, index: number, start: number) {
    this.source = source;
    this.session = session;
    this.index = index;
    this.start = start;
    this.#gathered = gatherEvents(0, () => (this.end ?? start) * 1000);
  }

  get #mark(): EventMark {
    return { index: 0, start: this.start * 1000 };
  }

  /** Frames from its begin to now, in order, as far apart as a group has room for. */
  get looks(): readonly LiveLook[] {
    return this.#looks;
  }

  add(look: LiveLook): void {
    if (this.#seen % this.#stride === 0) this.#looks.push(look);
    this.#seen += 1;
    if (this.#looks.length <= GROUP_SIZE) return;
    this.#looks = this.#looks.filter((_, at) => at % 2 === 0);
    this.#stride *= 2;
  }

  /** A single frame was captioned: what the event is called where its frames cannot be captioned together. */
  hear(caption: Caption): void {
    this.#gathered.next({ ...caption, event: this.#mark });
  }

  /** Its frames as a group. */
  group(firstIndex: number, recorded: RecordedBy): Group {
    const keyframes = this.#looks.map(({ frame, moment, changed }, at): Keyframe => {
      const { width, height, pixels } = frame;
      const facts = { video: this.source, index: firstIndex + at, pts: moment.pts, still: !changed };
      return { ...facts, width, height, pixels, event: this.#mark };
    });
    return { video: this.source, index: firstIndex, keyframes, recorded };
  }

  /** What the captions of its single frames agree on. */
  heard(): VideoEvent | undefined {
    return this.#gathered.end()[0];
  }

  /** What the captions of a group agree on. */
  agreed(captions: readonly Caption[]): VideoEvent | undefined {
    const gathered = gatherEvents(0, () => (this.end ?? this.start) * 1000);
    for (const caption of captions) gathered.next({ ...caption, event: this.#mark });
    return gathered.end()[0];
  }
}
