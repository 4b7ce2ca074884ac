import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    // Real sockets, processes and browsers on a busy machine; a test that waits says for what.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    projects: [
      {
        extends: true,
        test: { name: "main", include: ["test/**/*.test.ts", "test/**/*.test.tsx"] }
      },
      {
        extends: true,
        resolve: {
          alias: [{ find: /^(react|react-dom)(?=\/|$)/, replacement: "$1-18" }]
        },
        test: {
          name: "react-18",
          include: ["test/react/*.test.tsx"],
          setupFiles: ["test/react/support/react18.ts"]
        }
      }
    ]
  }
})
