import type { SERVER_ERRORS } from '../../core/catalogue/model-errors.ts';
import { SecondGlanceError } from '../../core/errors.ts';

/** Codes of {@link ServerError}. */
export type ServerErrorCode = keyof typeof SERVER_ERRORS;

/** A failure of a model server, or of a captioner program. */
export class ServerError extends SecondGlanceError<ServerErrorCode> {}
