/** Windows of a sound, in order: 16 kHz, one channel, a multiple of the window's length. */
export interface SpeechRequest {
  /** Path of the graph. */
  readonly graph: string;
  readonly samples: Float32Array;
}

/** The probability of speech in each window, or why there is none. */
export type SpeechAnswer = { readonly probabilities: readonly number[] } | { readonly failure: string };
