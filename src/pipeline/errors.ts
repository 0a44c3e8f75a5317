import type { TRACK_ERRORS } from '../core/catalogue/output-errors.ts';
import { SecondGlanceError } from '../core/errors.ts';

/** Captions that do not make a track, or a file that is not one. */
export class TrackError extends SecondGlanceError<keyof typeof TRACK_ERRORS> {}
