import { SecondGlanceError } from '../core/errors.ts';
import type { ImageSpec, Micros, ModelIdentity } from '../core/types.ts';
import { entropyOf } from '../workers/bundle/attention.ts';
import type { PassExplanation, PictureExplanation } from '../workers/bundle/engine.ts';
import { isContentWord, pairWords } from './content-words.ts';

/** `no-grid`: the model's visual tokens do not form a grid over the picture, so its attention cannot be drawn. */
export class ExplainError extends SecondGlanceError<'no-grid'> {}

/** The grid of visual tokens over the picture, row by row. */
export interface Grid {
  readonly columns: number;
  readonly rows: number;
}

/** The shares of a picture's width and height that the centre crop leaves out on each side: 0 to 0.5. */
export interface Margins {
  readonly across: number;
  readonly down: number;
}

/**
 * The grid of N visual tokens over a model's picture, with cells as square as the picture's sides allow.
 * @throws ExplainError where N tokens do not form a grid
 */
export function gridOf(visual: number, { width, height }: Pick<ImageSpec, 'width' | 'height'>): Grid {
  const columns = Math.max(1, Math.round(Math.sqrt((visual * width) / height)));
  const rows = visual / columns;
  if (!Number.isInteger(rows)) {
    throw new ExplainError(
      'no-grid',
      `The model's ${visual} visual tokens are no grid over ${width} x ${height} pixels: its attention cannot be drawn.`,
    );
  }
  return { columns, rows };
}

/** The captions of one picture, with the attention of each word. */
export interface Explanation extends PictureExplanation {
  /** The source's name, for display. */
  readonly name: string;
  /** Track time of the frame; absent for stills. */
  readonly time?: Micros;
  readonly model: ModelIdentity;
  readonly grid: Grid;
  /** What the second pass's centre crop leaves out; the second pass's grid covers the crop. */
  readonly margins: Margins;
}

/** A content word of one pass, and its attention. */
export interface WordAttention {
  /** Index in the caption's words. */
  readonly word: number;
  readonly text: string;
  /** The attention to the N places of the picture, normalised to a sum of 1. */
  readonly shares: readonly number[];
  /** In bits: 0 for all on one place, log2 N for even. */
  readonly entropy: number;
  /** The share of the attention that went to the picture; the rest went to text. */
  readonly onPicture: number;
}

/** A content word of the draft beside the one of the final caption in its place; one of them may be missing. */
export interface Column {
  readonly draft: WordAttention | undefined;
  readonly final: WordAttention | undefined;
  readonly same: boolean;
}

function attentionOfWord({ words }: PassExplanation, word: number | undefined): WordAttention | undefined {
  const attended = word === undefined ? undefined : words[word];
  if (word === undefined || attended === undefined || !isContentWord(attended.text)) return undefined;
  const onPicture = attended.attention.reduce((sum, share) => sum + share, 0);
  const shares = attended.attention.map((share) => share / onPicture);
  return { word, text: attended.text, shares, entropy: entropyOf(shares), onPicture };
}

/** The content words of both captions, side by side, in order. */
export function columnsOf({ draft, final }: PictureExplanation): Column[] {
  const textsOf = ({ words }: PassExplanation): string[] => words.map(({ text }) => text);
  return pairWords(textsOf(draft), textsOf(final))
    .map(({ same, ...pair }) => ({
      draft: attentionOfWord(draft, pair.draft),
      final: attentionOfWord(final, pair.final),
      same,
    }))
    .filter((column) => column.draft !== undefined || column.final !== undefined);
}

/** Mean entropy, in bits, of the content words of a pass; undefined where it has none. */
export function meanEntropy(columns: readonly Column[], pass: 'draft' | 'final'): number | undefined {
  const words = columns.flatMap((column) => column[pass] ?? []);
  return words.length === 0 ? undefined : words.reduce((sum, { entropy }) => sum + entropy, 0) / words.length;
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

/** The numbers of an explanation, as `--json` prints them: for each pass its text, and for each content word its entropy (bits) and attention, row by row. */
export function numbersOf(explanation: Explanation): object {
  const columns = columnsOf(explanation);
  const { name, time, model, grid, margins } = explanation;
  const numbersOfPass = (which: 'draft' | 'final'): object => {
    const entropy = meanEntropy(columns, which);
    return {
      text: explanation[which].text,
      confidence: explanation[which].confidence,
      entropy: entropy === undefined ? null : rounded(entropy, 4),
      words: columns.flatMap(({ [which]: word, same }) =>
        word === undefined
          ? []
          : {
              word: word.word,
              text: word.text,
              changed: !same,
              entropy: rounded(word.entropy, 4),
              onPicture: rounded(word.onPicture, 4),
              attention: word.shares.map((share) => rounded(share, 5)),
            },
      ),
    };
  };
  return {
    input: name,
    ...(time === undefined ? {} : { time: rounded(time / 1e6, 6) }),
    model: `${model.name}@${model.version}`,
    grid,
    draft: numbersOfPass('draft'),
    final: {
      ...numbersOfPass('final'),
      margins: { across: rounded(margins.across, 4), down: rounded(margins.down, 4) },
    },
  };
}
