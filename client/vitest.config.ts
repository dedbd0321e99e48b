import { defineConfig, mergeConfig } from "vitest/config";
import client from "./vite.config.ts";

export default mergeConfig(
  client,
  defineConfig({
    test: {
      include: ["src/**/*.test.ts"],
      environment: "node",
      coverage: {
        // Components and what draws on a canvas are tested in a browser, by tests/e2e.
        include: ["src/{compute,source,state,plots}/**/*.ts"],
        exclude: ["**/*.test.ts", "**/*.d.ts"],
        reporter: ["text-summary", "html"],
        // What is covered stays covered.
        thresholds: {
          lines: 58,
          branches: 60,
          "src/compute/**/*.ts": { lines: 94, branches: 83 },
        },
      },
    },
  }),
);
