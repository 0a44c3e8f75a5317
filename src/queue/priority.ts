/** Priorities of a video: higher ones run first in every queue. */
export const PRIORITIES = ['high', 'normal', 'low'] as const;
/** One of {@link PRIORITIES}. */
export type Priority = (typeof PRIORITIES)[number];

/** BullMQ's number for a priority: the smaller, the sooner. */
export function rankOf(priority: Priority): number {
  return PRIORITIES.indexOf(priority) + 1;
}
