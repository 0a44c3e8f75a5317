import type { OperatorFunction } from 'rxjs';
import type { Caption } from '../../core/types.ts';
import { OutputError } from '../../storage/errors.ts';
import { mapState } from './transducer.ts';

/** The captions of one group, whenever it got done. */
export interface GroupCaptions {
  /** The group's index: 0, 1, 2, ... */
  readonly index: number;
  /** One per keyframe of the group, in order. */
  readonly captions: readonly Caption[];
}

/**
 * Puts groups back into the order of their index and lets their captions out one by one.
 *
 * A group that comes twice (a queue may deliver one again after a crash) counts once. At most `limit` groups wait for
 * an earlier one; more can only mean that one was lost, or that the queue runs further ahead than it promised, and end
 * the stream with `captions-incomplete`, as does a completion while groups still wait.
 */
export function orderCaptions(limit: number): OperatorFunction<GroupCaptions, Caption> {
  return mapState(() => {
    const waiting = new Map<number, readonly Caption[]>();
    let due = 0;

    return {
      next(group) {
        if (group.index < due || waiting.has(group.index)) return [];
        waiting.set(group.index, group.captions);

        const ready: Caption[] = [];
        for (let captions = waiting.get(due); captions !== undefined; captions = waiting.get(due)) {
          ready.push(...captions);
          waiting.delete(due);
          due += 1;
        }
        if (waiting.size > limit) {
          throw new OutputError(
            'captions-incomplete',
            `group ${due} did not come while ${waiting.size} later ones did`,
          );
        }
        return ready;
      },
      end() {
        if (waiting.size > 0) {
          throw new OutputError(
            'captions-incomplete',
            `group ${due} never came, though ${waiting.size} later ones did`,
          );
        }
        return [];
      },
    };
  });
}
