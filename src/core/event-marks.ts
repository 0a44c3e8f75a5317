import type { Caption, Group } from './types.ts';

/** Captions of a group, with the events of its keyframes. Captioners need not know of events. */
export function withEventMarks(group: Group, captions: readonly Caption[]): readonly Caption[] {
  if (group.keyframes.every(({ event }) => event === undefined)) return captions;
  const events = new Map(group.keyframes.map(({ index, event }) => [index, event]));
  return captions.map((caption) => {
    const event = events.get(caption.index);
    return event === undefined ? caption : { ...caption, event };
  });
}

/** True where a group is a part of an event that one wording for several keyframes can be written of. */
export function hasJoint({ keyframes }: Pick<Group, 'keyframes'>): boolean {
  return keyframes.length > 1 && keyframes[0]?.event !== undefined;
}
