import type { MODEL_ERRORS } from '../../core/catalogue/model-errors.ts';
import { SecondGlanceError } from '../../core/errors.ts';

/** Codes of {@link ModelError}. */
export type ModelErrorCode = keyof typeof MODEL_ERRORS;

/** A model that cannot be installed, found or verified. */
export class ModelError extends SecondGlanceError<ModelErrorCode> {}
