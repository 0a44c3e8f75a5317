import type { OperatorFunction } from 'rxjs';
import type { Caption } from '../../core/types.ts';
import { TrackError } from '../errors.ts';
import { mapState } from './transducer.ts';

/** The captions of one group, which may be finished out of order. */
export interface GroupCaptions {
  /** The group's index: 0, 1, 2, ... */
  readonly index: number;
  /** One per keyframe of the group, in order. */
  readonly captions: readonly Caption[];
}

/**
 * Reorders groups by index and emits their captions one by one.
 *
 * Duplicates are ignored (a queue may deliver a group again after a crash). At most `limit` groups wait for an earlier
 * one: more means that a group was lost, or that the queue runs further ahead than it may. That ends the stream with
 * `captions-incomplete`, and so does completion while groups still wait.
 */
export function orderCaptions(limit: number): OperatorFunction<GroupCaptions, Caption> {
  return mapState(() => {
    const waiting = new Map<number, readonly Caption[]>();
    let expected = 0;

    return {
      next(group) {
        if (group.index < expected || waiting.has(group.index)) return [];
        waiting.set(group.index, group.captions);

        const ready: Caption[] = [];
        for (let captions = waiting.get(expected); captions !== undefined; captions = waiting.get(expected)) {
          ready.push(...captions);
          waiting.delete(expected);
          expected += 1;
        }
        if (waiting.size > limit) {
          throw new TrackError(
            'captions-incomplete',
            `group ${expected} is missing, and ${waiting.size} later groups have arrived`,
          );
        }
        return ready;
      },
      end() {
        if (waiting.size > 0) {
          throw new TrackError(
            'captions-incomplete',
            `group ${expected} is missing at the end, and ${waiting.size} later groups have arrived`,
          );
        }
        return [];
      },
    };
  });
}
