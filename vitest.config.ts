import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts", "test/**/*.test.tsx"],
    // Real sockets, processes and browsers on a busy machine; a test that waits says for what.
    testTimeout: 120_000,
    hookTimeout: 120_000
  }
})
