import { z } from 'zod';
import { BundleError } from '../errors.ts';

/** The format of bundle.json that this version reads and the training writes. */
export const BUNDLE_FORMAT = 1;

const count = z.int().positive();
const tokenId = z.int().nonnegative();

const bundleFile = z.object({
  file: z.string().regex(/^\w[\w.-]*$/, 'must be a plain file name inside the bundle'),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hexadecimal digits'),
});

/** A graph's file, and those beside it that hold its weights where it does not hold them itself (ONNX external data, needed from 2 GB on). */
const graphFiles = bundleFile.extend({ data: z.array(bundleFile).default([]) });

/** One entry for every provider, and where a provider wants its own (quantised, fp16) one under its name. */
const graph = z.object({ default: graphFiles }).catchall(graphFiles);

const manifest = z
  .object({
    format: z.literal(BUNDLE_FORMAT),
    name: z.string().regex(/^[a-z0-9-]+$/, 'must be of lower-case letters, digits and hyphens'),
    version: z.string().min(1),
    description: z.string(),
    licence: z.string(),
    image: z.object({
      width: count,
      height: count,
      resize: z.enum(['stretch', 'crop']),
      filter: z.enum(['bilinear', 'bicubic', 'lanczos', 'area']),
      matrix: z.enum(['bt601', 'bt709']),
      normalisation: z.object({ applied: z.literal('in-graph') }),
    }),
    tokenizer: bundleFile,
    /** `rewriter`: the decoder of the second look, where that has a language model of its own. */
    graphs: z.object({ encoder: graph, deeplens: graph, decoder: graph, rewriter: graph.optional() }),
    dims: z.object({
      visual: count,
      width: count,
      features: count,
      layers: count,
      heads: count,
      headDim: count,
      vocab: count,
    }),
    ids: z.object({ pad: tokenId, bos: tokenId, eos: tokenId, draft: tokenId }),
    generation: z.object({
      beams: count,
      maxTokens: count,
      noRepeatNgram: z.int().nonnegative(),
      lengthPenalty: z.number().nonnegative(),
      /** Pixels left out on each side of the picture that the second look sees; what lies within is enlarged. */
      closer: z.int().nonnegative().default(0),
      /** The second look writes from both views: the glance's tokens, and the refined ones. Else from the refined ones alone. */
      bothLooks: z.boolean().default(false),
      /** The refined tokens stand before the draft, which the decoder reads too. Else only DeepLens has read it. */
      readsDraft: z.boolean().default(true),
      /** Captions of less confidence say more wrong than right: tracks leave them out where nothing else is asked for. */
      minConfidence: z.number().min(0).max(1).default(0),
    }),
    modes: z.array(z.enum(['brief', 'detailed'])).min(1),
  })
  .refine(({ ids, dims }) => Object.values(ids).every((id) => id < dims.vocab), {
    path: ['ids'],
    error: 'must all be smaller than dims.vocab',
  })
  .refine(({ generation, image }) => 2 * generation.closer < Math.min(image.width, image.height), {
    path: ['generation', 'closer'],
    error: 'must be less than half of each side of the picture',
  })
  .refine(({ ids }) => new Set(Object.values(ids)).size === 4, { path: ['ids'], error: 'must be four different ids' });

/**
 * What bundle.json says, checked: image size and treatment, files with their sha256, the graphs' dimensions
 * (`visual` tokens N, `width` D, `features` channels C, decoder `layers`, `heads`, `headDim`, `vocab`), special ids, search defaults,
 * the confidence below which captions are left out.
 */
export type Manifest = Readonly<z.infer<typeof manifest>>;

/** The graphs of a bundle. */
export type GraphName = keyof Manifest['graphs'];

/**
 * Reads the text of a bundle.json.
 * @param where its path, for the messages
 * @throws BundleError `bundle-invalid` where it is no JSON or a field is wrong (every wrong field is named), `bundle-format` for another format
 */
export function parseManifest(text: string, where: string): Manifest {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new BundleError('bundle-invalid', `${where} is not JSON: fetch the bundle again.`, { cause });
  }
  // The format comes first: of a newer bundle nothing else can be judged.
  const { data: head } = z.object({ format: z.number() }).safeParse(json);
  if (head !== undefined && head.format !== BUNDLE_FORMAT) {
    throw new BundleError(
      'bundle-format',
      `${where} has bundle format ${head.format}, this secondglance reads format ${BUNDLE_FORMAT}: ` +
        (head.format > BUNDLE_FORMAT ? 'update secondglance or take an older bundle.' : 'take a newer bundle.'),
    );
  }
  const result = manifest.safeParse(json);
  if (result.success) return result.data;
  const faults = result.error.issues.map((issue) => `${issue.path.join('.') || 'the whole'}: ${issue.message}`);
  throw new BundleError('bundle-invalid', `${where} does not describe a bundle: ${faults.join('; ')}.`);
}
