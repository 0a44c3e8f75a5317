import type { Video } from '../api/schemas/videos.ts';
import type { StoredVideo } from '../store/documents.ts';

/** How fast a running video is captioned. */
export interface Pace {
  /** Times real time. */
  readonly speed?: number;
  /** Seconds left. */
  readonly left?: number;
  /** Asked to stop. */
  readonly stopping: boolean;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}

/** A video as the API shows it. */
export function viewOf(stored: StoredVideo, { speed, left, stopping }: Pace = { stopping: false }): Video {
  const { id, name, source, state, options, added, begun, ended, keyframes, covered, media, model } = stored;
  return {
    id,
    name,
    source: { kind: source.kind, label: source.label },
    state,
    stopping,
    options,
    added: iso(added),
    ...(begun === undefined ? {} : { begun: iso(begun) }),
    ...(ended === undefined ? {} : { ended: iso(ended) }),
    progress: {
      keyframes,
      covered: rounded(covered),
      ...(speed === undefined ? {} : { speed: Math.round(speed * 100) / 100 }),
      ...(left === undefined ? {} : { left: Math.round(left) }),
    },
    ...(media === undefined ? {} : { media }),
    ...(model === undefined ? {} : { model }),
    cues: stored.cues,
    edited: stored.edited,
    proxy: stored.proxy,
    problems: stored.problems,
  };
}
