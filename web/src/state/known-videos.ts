import { type Signal, signal } from '@preact/signals';
import type { FrameCaption, Video } from '../../../src/web/api/schemas/videos.ts';
import { onEvent } from './live-events.ts';

/** How many of a video's latest captions its row in the list shows. */
const LATEST = 6;

const known = new Map<string, Signal<Video>>();
const latest = new Map<string, Signal<readonly FrameCaption[]>>();

/** A video that was loaded; it changes as the server says. */
export function knownVideo(id: string): Signal<Video> | undefined {
  return known.get(id);
}

/** Takes in what the server says of a video. */
export function rememberVideo(video: Video): Signal<Video> {
  const before = known.get(video.id);
  if (before === undefined) {
    const made = signal(video);
    known.set(video.id, made);
    return made;
  }
  before.value = video;
  return before;
}

/** The latest captions of a video, as they arrive while the page is open. */
export function latestCaptions(id: string): Signal<readonly FrameCaption[]> {
  const there = latest.get(id);
  if (there !== undefined) return there;
  const made = signal<readonly FrameCaption[]>([]);
  latest.set(id, made);
  return made;
}

/** Adds captions of a video; of one keyframe, the last stays. */
export function rememberCaptions(id: string, captions: readonly FrameCaption[]): void {
  const all = latestCaptions(id);
  const fresh = new Set(captions.map(({ index }) => index));
  const kept = all.value.filter(({ index }) => !fresh.has(index));
  all.value = [...kept, ...captions].sort((a, b) => a.index - b.index).slice(-LATEST);
}

/** Keeps what was loaded up to date. */
export function followVideos(): void {
  onEvent('video', ({ video }) => {
    if (known.has(video.id)) rememberVideo(video);
  });
  onEvent('video-removed', ({ id }) => {
    known.delete(id);
    latest.delete(id);
  });
  onEvent('caption', ({ id, caption }) => {
    if (known.has(id)) rememberCaptions(id, [caption]);
  });
}
