/** How a live source is doing. `stalled`: connected, but no picture comes; `failed`: away, and tried again after a delay. */
export type ConnectionState = 'connecting' | 'live' | 'stalled' | 'failed' | 'ended';

/** Times of live events are wall-clock: milliseconds since 1970 (UTC), the clock of this machine where the source has none. */
export interface StateChange {
  readonly kind: 'state';
  readonly source: string;
  readonly state: ConnectionState;
  /** Since when it is in this state. */
  readonly since: number;
  /** Why it is not live. One line, without secrets. */
  readonly reason?: string;
  /** Of a failure: its code, as docs/errors.md lists it. */
  readonly code?: string;
  /** When the next attempt begins. */
  readonly retryAt?: number;
}

/** The file in which another program has recorded what was seen. */
export interface SegmentLink {
  /** Absolute. */
  readonly file: string;
  /** When it begins, by its name: milliseconds since 1970. */
  readonly start: number;
}

/** A caption that has just been written. It holds until the next caption of the source, or until the source is no longer live. */
export interface LiveCaption {
  readonly kind: 'caption';
  readonly source: string;
  /** 0, 1, 2, ...: grows with each connection and each discontinuity, after which `pts` begins anew. */
  readonly session: number;
  /** The frame's presentation time in microseconds, on the clock of its session. */
  readonly pts: number;
  /** When the frame was shown. */
  readonly at: number;
  /** From the arrival of the frame to this event, in milliseconds. */
  readonly latency: number;
  readonly text: string;
  readonly draft: string;
  /** 0 to 1. */
  readonly confidence: number;
  /** The picture shows nothing that can be described: `text` is empty. */
  readonly nothingVisible?: true;
  /** Less confident than `--min-confidence`: it is part of no cue. */
  readonly unsure?: true;
  /** The picture, as JPEG, where an output asked for pictures. */
  readonly picture?: Uint8Array;
  readonly segment?: SegmentLink;
}

/** A caption with both ends known: the next one came with other words, or the source went away. */
export interface LiveCue {
  readonly kind: 'cue';
  readonly source: string;
  readonly session: number;
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly confidence: number;
  /** Of its start. */
  readonly segment?: SegmentLink;
}

/**
 * A caption that is still shown, as far as it is known; its {@link LiveCue} follows under the same start. Outputs that are durable keep it, so
 * that a run that is killed loses seconds and not the hours for which nothing has changed.
 */
export interface OpenCue extends Omit<LiveCue, 'kind'> {
  readonly kind: 'open-cue';
}

/**
 * What happened between two changes of a source, or while something moved, in one wording of several frames. Where the model is sure enough of it,
 * it is the {@link LiveCue} of its time as well.
 */
export interface LiveVideoEvent {
  readonly kind: 'event';
  readonly source: string;
  readonly session: number;
  readonly start: number;
  readonly end: number;
  /** Empty where its frames agree on nothing. */
  readonly text: string;
  readonly confidence: number;
  /** How many of its frames name, in their own captions, what the text names. */
  readonly support: number;
  /** How many frames have a caption of their own. */
  readonly frames: number;
  /** Less confident than `--min-confidence`: it is no cue. */
  readonly unsure?: true;
  /** Its first picture, as JPEG, where an output asked for pictures. */
  readonly picture?: Uint8Array;
  /** Of its start. */
  readonly segment?: SegmentLink;
}

/** True for an event that a cue is made of. */
export function isCertain({ text, unsure }: Pick<LiveVideoEvent, 'text' | 'unsure'>): boolean {
  return text !== '' && unsure !== true;
}

/** Keyframes that were not captioned since the last event of this kind: newer ones had come, or the picture had not changed. */
export interface FramesSkipped {
  readonly kind: 'skipped';
  readonly source: string;
  readonly at: number;
  /** The captioner was busy, and a newer frame took their place. */
  readonly behind: number;
  /** The picture had not changed. */
  readonly still: number;
}

/** What a live source reports, in order. Outputs read this and nothing else. */
export type LiveEvent = StateChange | LiveCaption | LiveVideoEvent | LiveCue | OpenCue | FramesSkipped;

/** An output of live captions. Calls do not overlap; an output that fails must not stop the source. */
export interface LiveOutput {
  /** It uses {@link LiveCaption.picture}: where no output does, none is made. */
  readonly usesPictures: boolean;
  write(event: LiveEvent): Promise<void>;
  /** Ends what can be ended (playlists stay valid), within a few seconds. */
  close(): Promise<void>;
}
