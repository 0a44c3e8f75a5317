/** Videos that one ingest service decodes at once, for each priority. */
export const INGEST_CONCURRENCY = 2;
/** Videos whose tracks one assembler writes at once: most of them wait for captions. */
export const ASSEMBLE_CONCURRENCY = 100;
