import { defineConfig } from 'vitest/config';

// Long enough for two busy cores: a time-out is for what hangs, not for what is slow.
export default defineConfig({
  test: { include: ['test/**/*.test.ts'], testTimeout: 300_000, hookTimeout: 300_000 },
});
