import type { STEPS_ERRORS } from '../core/catalogue/output-errors.ts';
import { SecondGlanceError } from '../core/errors.ts';

/** Codes of {@link StepsError}. */
export type StepsErrorCode = keyof typeof STEPS_ERRORS;

/** A failure of finding steps, or of writing the guide. */
export class StepsError extends SecondGlanceError<StepsErrorCode> {}
