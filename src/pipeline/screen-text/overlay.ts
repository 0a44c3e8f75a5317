import type { TextLine } from '../../core/types.ts';

/** How near to the upper or lower edge the middle of a line is, and how low it is, in picture heights. */
const [MARGIN, LOWER_THAN] = [0.1, 0.08];

/** True for a small line along the upper or lower edge: the name of a camera or of a channel, which tells nothing new. */
export function isOverlay({ y, height }: Pick<TextLine, 'y' | 'height'>): boolean {
  const middle = y + height / 2;
  return height < LOWER_THAN && (middle < MARGIN || middle > 1 - MARGIN);
}
