import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

// What a test file is called says when it runs:
//   *.unit.test.ts  npm run test:unit, npm test   starts no process: no ffmpeg, no Redis, no inference process
//   *.test.ts       npm test                      real ffmpeg, real Redis, the built program
//   *.slow.test.ts  npm run test:slow             what takes long by nature, and whole-program tests beyond the essential
export default defineConfig({
  test: {
    // Vitest leaves one core idle by default, which halves the speed of two.
    maxWorkers: Math.max(2, availableParallelism()),
    // Long enough for a busy machine: a time-out finds what hangs, not what is slow.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 120_000 } },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.unit.test.ts'],
          setupFiles: ['test/support/no-processes.ts'],
          isolate: false,
          testTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          isolate: false,
          include: ['test/**/*.test.ts'],
          exclude: ['**/*.{unit,slow}.test.ts'],
          globalSetup: ['test/support/global-setup.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'slow',
          include: ['test/**/*.slow.test.ts'],
          globalSetup: ['test/support/global-setup.ts'],
        },
      },
    ],
  },
});
