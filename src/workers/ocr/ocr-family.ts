import type { ModelFamily } from '../families/family.ts';
import { framesWithin } from '../regions/frames-within.ts';
import { isOcrFolder, readOcrFiles } from './ocr-files.ts';

/** Frames are read within this size: the side to which PP-OCR limits pictures. */
export const READING_SIZE = 960;

/** PP-OCR: its captions are the text in the picture. */
export const ocrFamily: ModelFamily = {
  name: 'pp-ocr',
  recognises: isOcrFolder,
  async load(folder, provider) {
    const files = await readOcrFiles(folder, provider);
    return {
      ...{ folder, provider, fileCount: Object.keys(files.graphs).length + 1, minConfidence: 0 },
      ...{ detail: 'brief', image: framesWithin(READING_SIZE) },
      model: { name: 'pp-ocr-v4', version: files.sha256.slice(0, 8), sha256: files.sha256 },
      // Loads onnxruntime, which only inference processes need.
      open: async (options = {}) => (await import('./ocr-engine.ts')).openOcr(files, options),
    };
  },
};
