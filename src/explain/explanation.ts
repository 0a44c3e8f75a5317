import { SecondGlanceError } from '../core/errors.ts';
import type { ImageSpec, Micros, ModelIdentity } from '../core/types.ts';
import { entropyOf } from '../workers/bundle/attention.ts';
import type { PassExplanation, PictureExplanation } from '../workers/bundle/engine.ts';
import { isContentWord, pairWords } from './content-words.ts';

/** `no-grid`: the model's visual tokens do not lie on a grid over the picture, so what it looked at cannot be drawn. */
export class ExplainError extends SecondGlanceError<'no-grid'> {}

/** How the visual tokens lie over the picture: row by row. */
export interface Grid {
  readonly columns: number;
  readonly rows: number;
}

/** The share of a picture's width that is left out on the left and on the right, and of its height above and below: 0 to 0.5. */
export interface Margins {
  readonly across: number;
  readonly down: number;
}

/**
 * The grid of N visual tokens over a model's picture: its cells are square, or as near to it as the picture's sides allow.
 * @throws ExplainError where N is no such product
 */
export function gridOf(visual: number, { width, height }: Pick<ImageSpec, 'width' | 'height'>): Grid {
  const columns = Math.max(1, Math.round(Math.sqrt((visual * width) / height)));
  const rows = visual / columns;
  if (!Number.isInteger(rows)) {
    throw new ExplainError(
      'no-grid',
      `The model's ${visual} visual tokens are no grid over ${width} x ${height} pixels: what it looked at cannot be drawn.`,
    );
  }
  return { columns, rows };
}

/** A picture, its two captions, and where the model looked for them. */
export interface Explanation extends PictureExplanation {
  /** What was looked at, for people. */
  readonly name: string;
  /** Track time of the frame; absent for stills. */
  readonly time?: Micros;
  readonly model: ModelIdentity;
  readonly grid: Grid;
  /** What the second look left out of the picture, to look closer: its grid lies over what is within. */
  readonly margins: Margins;
}

/** A word as one look saw it. */
export interface SeenOnce {
  /** Index in the caption's words. */
  readonly word: number;
  readonly text: string;
  /** N shares of the attention to the picture, with a sum of 1. */
  readonly shares: readonly number[];
  /** Bits: 0 all on one place, log2 N even over all. */
  readonly entropy: number;
  /** Share of the whole attention that went to the picture; the rest went to words. */
  readonly onPicture: number;
}

/** A place of both captions with a content word in one of them at least. */
export interface Column {
  readonly draft: SeenOnce | undefined;
  readonly final: SeenOnce | undefined;
  readonly same: boolean;
}

function seenOnce({ words }: PassExplanation, word: number | undefined): SeenOnce | undefined {
  const seen = word === undefined ? undefined : words[word];
  if (word === undefined || seen === undefined || !isContentWord(seen.text)) return undefined;
  const onPicture = seen.attention.reduce((sum, share) => sum + share, 0);
  const shares = seen.attention.map((share) => share / onPicture);
  return { word, text: seen.text, shares, entropy: entropyOf(shares), onPicture };
}

/** The content words of both captions, side by side, in order. */
export function columnsOf({ draft, final }: PictureExplanation): Column[] {
  const textsOf = ({ words }: PassExplanation): string[] => words.map(({ text }) => text);
  return pairWords(textsOf(draft), textsOf(final))
    .map(({ same, ...pair }) => ({ draft: seenOnce(draft, pair.draft), final: seenOnce(final, pair.final), same }))
    .filter((column) => column.draft !== undefined || column.final !== undefined);
}

/** Mean entropy, in bits, of the content words that a look wrote; undefined where it wrote none. */
export function meanEntropy(columns: readonly Column[], look: 'draft' | 'final'): number | undefined {
  const seen = columns.flatMap((column) => column[look] ?? []);
  return seen.length === 0 ? undefined : seen.reduce((sum, { entropy }) => sum + entropy, 0) / seen.length;
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

/** The numbers of an explanation, as `--json` prints them: per look its text, and per content word entropy (bits) and shares, row by row. */
export function numbersOf(explanation: Explanation): object {
  const columns = columnsOf(explanation);
  const { name, time, model, grid, margins } = explanation;
  const look = (which: 'draft' | 'final'): object => {
    const entropy = meanEntropy(columns, which);
    return {
      text: explanation[which].text,
      confidence: explanation[which].confidence,
      entropy: entropy === undefined ? null : rounded(entropy, 4),
      words: columns.flatMap(({ [which]: seen, same }) =>
        seen === undefined
          ? []
          : {
              word: seen.word,
              text: seen.text,
              changed: !same,
              entropy: rounded(seen.entropy, 4),
              onPicture: rounded(seen.onPicture, 4),
              attention: seen.shares.map((share) => rounded(share, 5)),
            },
      ),
    };
  };
  return {
    input: name,
    ...(time === undefined ? {} : { time: rounded(time / 1e6, 6) }),
    model: `${model.name}@${model.version}`,
    grid,
    draft: look('draft'),
    final: { ...look('final'), margins: { across: rounded(margins.across, 4), down: rounded(margins.down, 4) } },
  };
}
