/** What a list of cues was made of. Its text is the ETag of the list. */
export interface Revision {
  /** The edits; `none` where there are none. */
  readonly edits: string;
  /** The run whose cues of the model are in the list; absent where there are none of the model. */
  readonly run?: string | undefined;
  /** While cues are still being added: the start of the model's last one in the list, in milliseconds; -1 where there is none. */
  readonly through?: number | undefined;
}

/** The edits of a revision where there are none. */
export const NO_EDITS = 'none';

/** A revision as text: `none`, `none.RUN`, `none.RUN+12000`, `EDITS`. */
export function formatRevision({ edits, run, through }: Revision): string {
  return `${edits}${run === undefined ? '' : `.${run}`}${through === undefined ? '' : `+${through}`}`;
}

/** Reads a revision. What is none becomes edits that no list has. */
export function parseRevision(text: string): Revision {
  const [, edits = text, run, through] = /^([^.+]*)(?:\.([^.+]*))?(?:\+(-?\d{1,15}))?$/.exec(text) ?? [];
  return {
    edits,
    ...(run === undefined ? {} : { run }),
    ...(through === undefined ? {} : { through: Number(through) }),
  };
}
