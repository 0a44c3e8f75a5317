import { type EdgeMap, edgeCount, edgesOf, edgesPerTile, steadyEdges, TILE, withoutEdges } from './edge-map.ts';

/** Samples in which edges have to stand at the same place. */
const STEADY = 3;
/** The least number of new edges in a tile with new text, and of such tiles side by side. */
const LEAST_EDGES = 16;
const LEAST_TILES = 3;
/** Text is gone where less than this share of its edges is left, in two samples. */
const LEFT = 0.4;
const GONE_SAMPLES = 2;

/** What a sample says about the text in the picture. */
export type TextChange = 'appeared' | 'gone' | undefined;

/**
 * Notices text that appears over a picture, or goes, without a cut: edges as dense as those of letters that were not in the reference, and that stay
 * where they are while the picture behind them may move. It guesses; what is text, the reading decides.
 */
export class TextChanges {
  readonly #width: number;
  readonly #height: number;
  /** Edges of the picture that was selected last. */
  #reference: EdgeMap | undefined;
  #recent: EdgeMap[] = [];
  /** Edges of text that has appeared. */
  #shown: EdgeMap | undefined;
  #missed = 0;

  /** Size of the pictures in pixels. */
  constructor(width: number, height: number) {
    this.#width = width;
    this.#height = height;
  }

  /** A picture that was selected for another reason: what it shows is known. */
  refer(pixels: Uint8Array): void {
    this.#reference = edgesOf(pixels, this.#width, this.#height);
    this.#shown = undefined;
    this.#missed = 0;
  }

  /** Takes the next sample. One that is not `due` changes nothing yet. */
  push(pixels: Uint8Array, due: boolean): TextChange {
    const edges = edgesOf(pixels, this.#width, this.#height);
    this.#reference ??= edges;
    const before = this.#recent;
    this.#recent = [...before, edges].slice(-STEADY + 1);
    if (!due) return undefined;
    if (before.length === STEADY - 1) {
      const fresh = withoutEdges(before.reduce(steadyEdges, edges), this.#reference);
      if (this.#isText(fresh, this.#reference)) {
        this.#shown = fresh;
        this.#missed = 0;
        this.#reference = edges;
        return 'appeared';
      }
    }
    if (this.#shown === undefined) return undefined;
    const left = edgeCount(steadyEdges(this.#shown, edges));
    this.#missed = left < LEFT * edgeCount(this.#shown) ? this.#missed + 1 : 0;
    if (this.#missed < GONE_SAMPLES) return undefined;
    this.#shown = undefined;
    this.#missed = 0;
    this.#reference = edges;
    return 'gone';
  }

  /** True where enough neighbouring tiles have new edges, more than they had. */
  #isText(fresh: EdgeMap, reference: EdgeMap): boolean {
    const across = Math.ceil(this.#width / TILE);
    const [now, known] = [edgesPerTile(fresh, this.#width), edgesPerTile(reference, this.#width)];
    let row = 0;
    for (const [tile, count] of now.entries()) {
      if (tile % across === 0) row = 0;
      row = count >= LEAST_EDGES && count > (known[tile] as number) ? row + 1 : 0;
      if (row === LEAST_TILES) return true;
    }
    return false;
  }
}
