import { SecondGlanceError } from '../core/errors.ts';

/**
 * What can go wrong with a guide.
 * - `steps-invalid`: a steps.json is not one, or an edit in it cannot be.
 * - `no-frames`: no frame of the video could be looked at.
 * - `captions-failed`: not one look got a caption.
 */
export type StepsErrorCode = 'steps-invalid' | 'no-frames' | 'captions-failed';

/** A failure of this room: of finding steps, or of the guide that is made of them. */
export class StepsError extends SecondGlanceError<StepsErrorCode> {}
