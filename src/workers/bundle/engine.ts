import type { Tensor } from 'onnxruntime-node';
import { hasJoint } from '../../core/keyframe-marks.ts';
import type { Caption, ImageSpec, JointCaption, Keyframe } from '../../core/types.ts';
import type { CaptionOptions } from '../captioner.ts';
import type { Hypothesis } from '../decoding/beam-search.ts';
import { WorkerError } from '../errors.ts';
import type { LocalEngine, OpenOptions } from '../families/family.ts';
import { type AttendedWord, tokenAttention, wordAttention } from './attention.ts';
import type { Bundle } from './bundle.ts';
import { confidenceOf } from './calibration.ts';
import { centerCrop } from './center-crop.ts';
import { type Encoded, openGraphs } from './graph-sessions.ts';
import { draftTable } from './prompt.ts';
import { concatChannels, pickRows } from './tensors.ts';
import { openTokenizer } from './tokenizer.ts';
import { type View, writePass } from './write-pass.ts';

/** The captions of one picture. */
export interface TwoPassResult {
  /** From the first pass. */
  readonly draft: Hypothesis;
  /** From the last pass: the draft itself after one pass. */
  readonly final: Hypothesis;
}

/** The caption of one pass, and the attention of each of its words. */
export interface PassExplanation {
  readonly text: string;
  /** As in a {@link Caption}. */
  readonly confidence: number;
  readonly words: readonly AttendedWord[];
}

/** {@link TwoPassResult} with attention. */
export interface PictureExplanation {
  readonly draft: PassExplanation;
  readonly final: PassExplanation;
}

/** A bundle running in this process, with what `explain` and measurements need. */
export interface Engine extends LocalEngine {
  /**
   * Captions a batch of pictures.
   * @param pixels for each picture RGB, 8 bits, of the bundle's size
   * @throws WorkerError `picture-size`
   */
  write(pixels: readonly Uint8Array[], options: CaptionOptions): Promise<readonly TwoPassResult[]>;
  /** Captions a batch of pictures in two passes, with the attention of each word. */
  explain(pixels: readonly Uint8Array[]): Promise<readonly PictureExplanation[]>;
}

/** How an engine is opened. */
export interface EngineOptions extends OpenOptions {
  /** False: the second pass decodes every token, also where it agrees with the draft. Same captions, slower; for measurements. */
  readonly scoreDrafts?: boolean;
}

/** What the last pass reads of each picture: visual tokens of both passes, and the draft. */
interface PassInputs {
  readonly glance: Tensor;
  readonly refined: Tensor;
  readonly drafts: readonly Hypothesis[];
}

function joinPictures(pixels: readonly Uint8Array[], { width, height }: ImageSpec): Uint8Array {
  const size = width * height * 3;
  const joined = new Uint8Array(pixels.length * size);
  for (const [i, picture] of pixels.entries()) {
    if (picture.length !== size) {
      throw new WorkerError(
        'picture-size',
        `A picture has ${picture.length} bytes; the bundle takes ${width} x ${height} RGB (${size} bytes).`,
      );
    }
    joined.set(picture, i * size);
  }
  return joined;
}

/** Further digits change with the batch. */
function rounded(confidence: number): number {
  return Math.round(confidence * 1e4) / 1e4;
}

const tokensOf = (hypotheses: readonly Hypothesis[]) => hypotheses.map(({ tokens }) => tokens);

/**
 * Loads a bundle's graphs and tokenizer into this process.
 * @throws BundleError where a file cannot be loaded or does not fit the contract
 */
export async function openEngine(
  bundle: Bundle,
  { scoreDrafts = true, profiles }: EngineOptions = {},
): Promise<Engine> {
  const { manifest, image } = bundle;
  const { bothPasses, readsDraft, centerCrop: margin, calibration } = manifest.generation;
  const textOf = await openTokenizer(bundle);
  const graphs = await openGraphs(bundle, profiles);

  /** What DeepLens reads: the features of the centre crop, the `detail` graph's behind the encoder's. */
  async function secondPassFeatures(joined: Uint8Array, pictures: number, encoded: Encoded) {
    const cropped = centerCrop(joined, image, margin);
    const { features } = margin === 0 ? encoded : await graphs.encode(cropped, pictures);
    const detail = await graphs.detail(cropped, pictures);
    return detail === undefined ? features : concatChannels(features, detail);
  }

  /** The decoders and what they read in the last pass: one view a pass that takes part. */
  function viewsOf({ glance, refined, drafts }: PassInputs, passes: 1 | 2): View[] {
    if (passes === 1) return [{ decode: graphs.decode, visual: glance }];
    const draftTokens = tokensOf(drafts);
    return [
      ...(bothPasses ? [{ decode: graphs.decode, visual: glance, scored: drafts.map(({ logits }) => logits) }] : []),
      { decode: graphs.decodeSecond, visual: refined, ...(readsDraft ? { drafts: draftTokens } : {}) },
    ];
  }

  /** One caption for all pictures: what all of them support together. */
  async function writeJoint(inputs: PassInputs, passes: 1 | 2): Promise<JointCaption | undefined> {
    const views = viewsOf(inputs, passes).flatMap(({ decode, visual, drafts }) =>
      inputs.drafts.map((_, row) => ({
        decode,
        visual: pickRows(visual, [row]),
        ...(drafts === undefined ? {} : { drafts: drafts.slice(row, row + 1) }),
      })),
    );
    const [joint] = await writePass(manifest, views);
    if (joint === undefined) return undefined;
    const text = textOf(joint.tokens);
    const confidence = rounded(confidenceOf({ ...joint, text }, calibration));
    return { text, confidence };
  }

  /** Both passes, with the visual tokens that each of them read. */
  async function runPasses(pixels: readonly Uint8Array[], { passes }: CaptionOptions) {
    const joined = joinPictures(pixels, image);
    const encoded = await graphs.encode(joined, pixels.length);
    const { glance } = encoded;
    const drafts = await writePass(manifest, [{ decode: graphs.decode, visual: glance }]);
    if (passes === 1) return { glance, refined: glance, drafts, finals: drafts };
    const draftTokens = tokensOf(drafts);
    const features = await secondPassFeatures(joined, pixels.length, encoded);
    const refined = await graphs.refine({ glance, features }, draftTable(draftTokens, manifest.ids.pad));
    const views = viewsOf({ glance, refined, drafts }, passes);
    const finals = await writePass(manifest, views, scoreDrafts ? draftTokens : undefined);
    return { glance, refined, drafts, finals };
  }

  const resultsOf = ({ drafts, finals }: Awaited<ReturnType<typeof runPasses>>): readonly TwoPassResult[] =>
    drafts.map((draft, i) => ({ draft, final: finals[i] ?? draft }));

  async function write(pixels: readonly Uint8Array[], options: CaptionOptions): Promise<readonly TwoPassResult[]> {
    return pixels.length === 0 ? [] : resultsOf(await runPasses(pixels, options));
  }

  async function explain(pixels: readonly Uint8Array[]): Promise<readonly PictureExplanation[]> {
    if (pixels.length === 0) return [];
    const { glance, refined, drafts, finals } = await runPasses(pixels, { passes: 2 });
    const draftTokens = tokensOf(drafts);
    const prompts = readsDraft ? draftTokens : undefined;
    const first = await tokenAttention(graphs.decode, manifest, glance, draftTokens);
    const second = await tokenAttention(graphs.decodeSecond, manifest, refined, tokensOf(finals), prompts);
    const explained = (
      written: Hypothesis,
      attention: readonly Float32Array[] = [],
      draft?: string,
    ): PassExplanation => {
      const text = textOf(written.tokens);
      const confidence = rounded(
        confidenceOf({ ...written, text, ...(draft === undefined ? {} : { draft }) }, calibration),
      );
      return { text, confidence, words: wordAttention(written.tokens, attention, textOf) };
    };
    return drafts.map((draft, i) => ({
      draft: explained(draft, first[i]),
      final: explained(finals[i] ?? draft, second[i], textOf(draft.tokens)),
    }));
  }

  return {
    write,
    explain,
    async caption({ keyframes }, options) {
      if (keyframes.length === 0) return [];
      const passed = await runPasses(
        keyframes.map(({ pixels }) => pixels),
        options,
      );
      const written = resultsOf(passed);
      const joint = hasJoint({ keyframes }) ? await writeJoint(passed, options.passes) : undefined;
      const captionOf = ({ video, index, pts, still }: Keyframe, { draft, final }: TwoPassResult): Caption => {
        const { passes } = options;
        const [draftText, text] = [textOf(draft.tokens), textOf(final.tokens)];
        const written = { ...final, text, ...(passes === 1 ? {} : { draft: draftText }) };
        const confidence = rounded(confidenceOf(written, calibration));
        return { video, index, pts, still, draft: draftText, text, confidence, passes };
      };
      return written.flatMap((result, i) => {
        const keyframe = keyframes[i];
        if (keyframe === undefined) return [];
        const caption = captionOf(keyframe, result);
        return [i > 0 || joint === undefined ? caption : { ...caption, joint }];
      });
    },
    release: () => graphs.release(),
  };
}
