import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { loadBundle, MANIFEST } from '../bundle/bundle.ts';
import type { ModelFamily } from './family.ts';

/** The bundles that `training/` exports: glance, DeepLens and a second decoder. See `bundle/manifest.ts`. */
export const bundleFamily: ModelFamily = {
  name: 'bundle',
  recognises: (folder) =>
    stat(join(folder, MANIFEST)).then(
      () => true,
      () => false,
    ),
  async load(folder, provider) {
    const bundle = await loadBundle(folder, { provider });
    return {
      ...bundle,
      async open(options = {}) {
        // Loads onnxruntime, which only inference processes need.
        const { openEngine } = await import('../bundle/engine.ts');
        return openEngine(bundle, options);
      },
    };
  },
};
