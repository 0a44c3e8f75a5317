import type { QUEUE_ERRORS } from '../core/catalogue/service-errors.ts';
import { SecondGlanceError } from '../core/errors.ts';

/** Codes of {@link QueueError}. */
export type QueueErrorCode = keyof typeof QUEUE_ERRORS;

/** A failure of Redis, of what travels through it, or of the frame store. */
export class QueueError extends SecondGlanceError<QueueErrorCode> {}
