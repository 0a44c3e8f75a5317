import { z } from 'zod';
import { BundleError } from '../errors.ts';
import { calibration } from './calibration.ts';

/** The format of bundle.json that the training writes. Format 1 is read too: it had other names for the same things. */
export const BUNDLE_FORMAT = 2;

const count = z.int().positive();
const tokenId = z.int().nonnegative();

const bundleFile = z.object({
  file: z.string().regex(/^\w[\w.-]*$/, 'must be a plain file name inside the bundle'),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hexadecimal digits'),
});

/** A graph's file. `data` lists the files with its weights where they are external (ONNX requires that from 2 GB on). */
const graphFiles = bundleFile.extend({ data: z.array(bundleFile).default([]) });

/** `default` serves every execution provider that has no entry of its own (quantised, fp16) under its name. */
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
    graphs: z.object({
      encoder: graph,
      deeplens: graph,
      decoder: graph,
      /** The second pass's decoder, where it has a language model of its own. */
      secondDecoder: graph.optional(),
      /** More features of the centre crop, for DeepLens only; the first pass does not need them. */
      detail: graph.optional(),
    }),
    dims: z.object({
      visual: count,
      width: count,
      features: count,
      detail: count.optional(),
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
      /** Second pass: pixels left out on each side of the picture; the rest is enlarged to the full size. */
      centerCrop: z.int().nonnegative().default(0),
      /** Second pass: decode from the mean of both passes' logits. Otherwise from the second pass's alone. */
      bothPasses: z.boolean().default(false),
      /** Second pass: the decoder reads the draft as a text prompt. Otherwise only DeepLens reads it. */
      readsDraft: z.boolean().default(true),
      /** Captions of lower confidence are more often wrong than right; tracks omit them by default. */
      minConfidence: z.number().min(0).max(1).default(0),
      /** Absent: the confidence is the geometric mean of the tokens' probabilities. */
      calibration: calibration.optional(),
      /** The model captions pictures of one colour as well; to others they are not given, because they would invent something. */
      captionsFlat: z.boolean().default(false),
    }),
    modes: z.array(z.enum(['brief', 'detailed'])).min(1),
  })
  .refine(({ ids, dims }) => Object.values(ids).every((id) => id < dims.vocab), {
    path: ['ids'],
    error: 'must all be smaller than dims.vocab',
  })
  .refine(({ ids }) => new Set(Object.values(ids)).size === 4, { path: ['ids'], error: 'must be four different ids' })
  .refine(({ graphs, dims }) => (graphs.detail === undefined) === (dims.detail === undefined), {
    path: ['dims', 'detail'],
    error: 'must be given together with graphs.detail',
  })
  .refine(({ generation, image }) => 2 * generation.centerCrop < Math.min(image.width, image.height), {
    path: ['generation', 'centerCrop'],
    error: 'must be less than half of each side of the picture',
  });

/**
 * What bundle.json says, checked: image size and treatment, files with their sha256, the graphs' dimensions
 * (`visual` tokens N, `width` D, encoder `features` channels C, `detail` channels C2, decoder `layers`, `heads`, `headDim`, `vocab`),
 * special ids, search defaults.
 */
export type Manifest = Readonly<z.infer<typeof manifest>>;

/** The graphs of a bundle. */
export type GraphName = keyof Manifest['graphs'];

const FORMAT_1_NAMES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  graphs: { rewriter: 'secondDecoder' },
  generation: { closer: 'centerCrop', bothLooks: 'bothPasses' },
};

/** Renames the keys of a format 1 manifest to those of format 2. */
function upgradeFormat1(json: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const upgraded: Record<string, unknown> = { ...json, format: BUNDLE_FORMAT };
  for (const [section, names] of Object.entries(FORMAT_1_NAMES)) {
    const { data } = z.record(z.string(), z.unknown()).safeParse(json[section]);
    if (data === undefined) continue;
    upgraded[section] = Object.fromEntries(Object.entries(data).map(([key, value]) => [names[key] ?? key, value]));
  }
  return upgraded;
}

/**
 * Reads the text of a bundle.json.
 * @param where its path, for the messages
 * @throws BundleError `bundle-invalid` where it is not JSON or fields are wrong (all of them are named), `bundle-format` for another format
 */
export function parseManifest(text: string, where: string): Manifest {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new BundleError('bundle-invalid', `${where} is not JSON: fetch the bundle again.`, { cause });
  }
  // The format comes first: the fields of an unknown format cannot be judged.
  const { data: head } = z.looseObject({ format: z.number() }).safeParse(json);
  if (head !== undefined && head.format !== BUNDLE_FORMAT && head.format !== 1) {
    throw new BundleError(
      'bundle-format',
      `${where} has bundle format ${head.format}, this secondglance reads formats 1 and ${BUNDLE_FORMAT}: ` +
        (head.format > BUNDLE_FORMAT ? 'update secondglance or use an older bundle.' : 'use a newer bundle.'),
    );
  }
  const result = manifest.safeParse(head?.format === 1 ? upgradeFormat1(head) : json);
  if (result.success) return result.data;
  const faults = result.error.issues.map((issue) => `${issue.path.join('.') || 'the file'}: ${issue.message}`);
  throw new BundleError('bundle-invalid', `${where} is not a valid bundle description: ${faults.join('; ')}.`);
}
