import { defineConfig } from 'vitest/config'

// Two kinds of test: `unit` needs nothing but Node (embedded database, local folder); `e2e` drives a real browser.
export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{bff,bench,bin,web,.ci}/**/*.test.{ts,tsx}'],
          globalSetup: ['bff/test/announce.ts', 'bff/test/global-setup.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['e2e/**/*.spec.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // a browser on a busy machine takes its time: waiting costs nothing where it does not
          expect: { poll: { timeout: 15_000 } },
        },
      },
    ],
  },
})
