import { sentenceOf } from '../../core/errors.ts';
import { clockText } from '../../core/text/wording.ts';
import type { WatchResult } from './watcher.ts';

/**
 * A run of `watch --once` in one line, as cron mails it: `197 described (12 of them sparsely), 3 failed, 2 unfinished, 0
 * remain; 12:30:00 of video in 1:02:03`.
 */
export function closingSentence({ session, unfinished, stopped }: WatchResult): string {
  if (session === undefined) return 'outside of the window: nothing was done';
  const { done, partial, failed, gone, plans, video, work, remaining, remainingVideo } = session;
  const ways = [
    ...(plans.sparse > 0 ? [`${plans.sparse} of them sparsely`] : []),
    ...(plans.once > 0 ? [`${plans.once} in one pass`] : []),
  ];
  const parts = [
    `${done + partial} described${ways.length === 0 ? '' : ` (${ways.join(', ')})`}`,
    ...(partial > 0 ? [`${partial} of these in part`] : []),
    `${failed} failed`,
    ...(gone > 0 ? [`${gone} gone`] : []),
    `${unfinished} unfinished`,
    remaining === 0 ? '0 remain' : `${remaining} remain (${clockText(remainingVideo / 1000)} of video)`,
  ];
  const why = stopped === undefined ? '' : `; stopped: ${sentenceOf(stopped)}`;
  return `${parts.join(', ')}; ${clockText(video / 1000)} of video in ${clockText(work / 1000)}${why}`;
}
