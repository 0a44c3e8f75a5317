import type { Caption, Group, ImageSpec, Keyframe } from '../core/types.ts';
import type { Bundle } from './bundle.ts';
import { WorkerError } from './errors.ts';
import { look } from './look.ts';
import { draftTable } from './prompt.ts';
import type { Written } from './search.ts';
import { openGraphs } from './sessions.ts';
import { openTokenizer } from './tokenizer.ts';

/** What was written for one picture. */
export interface Looked {
  /** What the first look wrote by itself. */
  readonly draft: Written;
  /** What the last look wrote: the draft itself after one look. */
  readonly final: Written;
}

/** A bundle running in this process: every call blocks the event loop while a graph runs. */
export interface Engine {
  /**
   * Glance, and with two looks DeepLens and the second look, over a batch of pictures.
   * @param pixels per picture RGB, 8 bits, of the bundle's size
   */
  look(pixels: readonly Uint8Array[]): Promise<readonly Looked[]>;
  /** {@link Engine.look} over a group, decoded: one caption a keyframe, in order. */
  caption(group: Group): Promise<Caption[]>;
  release(): Promise<void>;
}

function join(pixels: readonly Uint8Array[], { width, height }: ImageSpec): Uint8Array {
  const size = width * height * 3;
  const joined = new Uint8Array(pixels.length * size);
  for (const [i, picture] of pixels.entries()) {
    if (picture.length !== size) {
      throw new WorkerError(
        'picture-size',
        `A picture of ${picture.length} bytes came where the bundle takes ${width} x ${height} RGB (${size} bytes).`,
      );
    }
    joined.set(picture, i * size);
  }
  return joined;
}

/**
 * Loads a bundle's graphs and tokenizer into this process.
 * @param looks 1: the glance alone; 2: DeepLens reads the picture again guided by the draft, and the caption is written again
 * @param verify false: the second look decodes every token anew, also where it agrees with the draft. The captions are the same: to be measured against
 * @throws BundleError where a file cannot be loaded or does not fit the contract
 */
export async function openEngine(bundle: Bundle, looks: 1 | 2, { verify = true } = {}): Promise<Engine> {
  const { manifest, image } = bundle;
  const decode = await openTokenizer(bundle);
  const graphs = await openGraphs(bundle);

  async function lookAt(pixels: readonly Uint8Array[]): Promise<readonly Looked[]> {
    if (pixels.length === 0) return [];
    const encoded = await graphs.encode(join(pixels, image), pixels.length);
    const drafts = await look(graphs, manifest, encoded.glance, {});
    if (looks === 1) return drafts.map((draft) => ({ draft, final: draft }));
    const texts = drafts.map((draft) => draft.tokens);
    const refined = await graphs.refine(encoded, draftTable(texts, manifest.ids.pad));
    const finals = await look(graphs, manifest, refined, { drafts: texts, verify });
    return drafts.map((draft, i) => ({ draft, final: finals[i] ?? draft }));
  }

  function captionOf({ video, index, pts, still }: Keyframe, { draft, final }: Looked): Caption {
    const confidence = Math.round(final.confidence * 1e4) / 1e4;
    return { video, index, pts, still, draft: decode(draft.tokens), text: decode(final.tokens), confidence, looks };
  }

  return {
    look: lookAt,
    async caption({ keyframes }) {
      const looked = await lookAt(keyframes.map(({ pixels }) => pixels));
      return looked.flatMap((each, i) => {
        const keyframe = keyframes[i];
        return keyframe === undefined ? [] : [captionOf(keyframe, each)];
      });
    },
    release: () => graphs.release(),
  };
}
