import { describe } from 'vitest';
import { listBundles } from '../../../src/workers/bundle/bundle.ts';
import { checkParity } from '../parity.ts';

const bundles = (await listBundles()).map(({ name }) => name);

describe.each(bundles)('parity of %s with Python', { timeout: 180_000 }, async (name) => {
  await checkParity(name, { shipped: ['greedy'], pytorch: ['beam'] });
});
