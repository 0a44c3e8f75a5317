/** Samples in a window at 16 kHz: 32 ms. */
export const WINDOW = 512;
/** Samples of the window before that Silero VAD wants in front of each. */
export const CONTEXT = 64;
/** The length of a window in microseconds. */
export const WINDOW_MICROS = 32_000;
