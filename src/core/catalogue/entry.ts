/** What the error catalogue says of one code. */
export interface CatalogueEntry {
  /** Whether the same attempt may succeed later without a change. `depends`: each error of this code says so itself. */
  readonly retryable: boolean | 'depends';
  /** What happened, in one sentence. */
  readonly meaning: string;
  /** What the user can do, in one sentence. */
  readonly remedy: string;
}

/** An error that only a change of the input, the options or the machine can avoid. */
export function permanent(meaning: string, remedy: string): CatalogueEntry {
  return { retryable: false, meaning, remedy };
}

/** An error that may be gone at the next attempt. */
export function temporary(meaning: string, remedy: string): CatalogueEntry {
  return { retryable: true, meaning, remedy };
}

/** An error of which each instance says whether a retry may succeed. */
export function depends(meaning: string, remedy: string): CatalogueEntry {
  return { retryable: 'depends', meaning, remedy };
}
