import type { Caption, Group } from './types.ts';

/** Captions of a group that could not be captioned: no text, and `group-failed` with the reason. */
export function failedCaptions(group: Group, passes: 1 | 2, reason: string): Caption[] {
  const error = { code: 'group-failed', message: reason };
  return group.keyframes.map(({ video, index, pts, still }) => {
    return { video, index, pts, still, draft: '', text: '', confidence: 0, passes, error };
  });
}
