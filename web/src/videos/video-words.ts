import type { Video } from '../../../src/web/api/schemas/videos.ts';
import { spanInWords } from '../ui/show-time.ts';

/** How a state looks. */
export type Tone = 'good' | 'busy' | 'warn' | 'bad' | '';

const STATES: Readonly<Record<Video['state'], readonly [words: string, tone: Tone]>> = {
  queued: ['Waiting', ''],
  running: ['Captioning', 'busy'],
  paused: ['Paused', 'warn'],
  done: ['Done', 'good'],
  partial: ['Incomplete', 'warn'],
  failed: ['Failed', 'bad'],
  cancelled: ['Cancelled', ''],
};

/** A video's state in words, and how it looks. */
export function stateOf({ state, stopping }: Pick<Video, 'state' | 'stopping'>): {
  readonly words: string;
  readonly tone: Tone;
} {
  const [words, tone] = STATES[state];
  return stopping ? { words: 'Stopping', tone: 'warn' } : { words, tone };
}

/** How much of a video is captioned, 0 to 1; undefined where its duration is not known. */
export function shareOf({ state, media, progress, options }: Video): number | undefined {
  if (state === 'done') return 1;
  const duration = media?.duration;
  if (duration === undefined || duration === null || duration <= 0) return undefined;
  const from = options.from ?? 0;
  const span = Math.min(duration, options.to ?? duration) - from;
  return span <= 0 ? undefined : Math.min(1, progress.covered / span);
}

/** A line about a video's progress: `42 % · 12 s left · 3.1 times real time`. */
export function progressInWords(video: Video): string {
  const share = shareOf(video);
  const { left, speed, keyframes } = video.progress;
  return [
    share === undefined ? `${keyframes} keyframes` : `${Math.floor(share * 100)} %`,
    left === undefined ? undefined : `${spanInWords(left)} left`,
    speed === undefined ? undefined : `${speed.toFixed(1)} × real time`,
  ]
    .filter((part) => part !== undefined)
    .join(' · ');
}

/** What can be done with a video in its state. */
export function actionsOf({
  state,
  stopping,
}: Pick<Video, 'state' | 'stopping'>): readonly ('pause' | 'resume' | 'cancel' | 'retry')[] {
  if (stopping) return [];
  if (state === 'queued' || state === 'running') return ['pause', 'cancel'];
  if (state === 'paused') return ['resume', 'cancel'];
  return state === 'done' ? [] : ['retry'];
}
