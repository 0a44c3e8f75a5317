import type { Caption, Group } from './types.ts';

/** Captions of a group, with the scenes and events of its keyframes. Captioners need not know of them. */
export function withMarks(group: Group, captions: readonly Caption[]): readonly Caption[] {
  const marks = new Map(
    group.keyframes.map(({ index, scene, event }) => [
      index,
      { ...(scene === undefined ? {} : { scene }), ...(event === undefined ? {} : { event }) },
    ]),
  );
  return captions.map((caption) => ({ ...caption, ...marks.get(caption.index) }));
}

/** True where a group is a part of an event that one wording for several keyframes can be written of. */
export function hasJoint({ keyframes }: Pick<Group, 'keyframes'>): boolean {
  return keyframes.length > 1 && keyframes[0]?.event !== undefined;
}
