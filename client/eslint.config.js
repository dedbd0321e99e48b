import js from "@eslint/js";
import svelte from "eslint-plugin-svelte";
import { defineConfig, globalIgnores } from "eslint/config";
import ts from "typescript-eslint";
import imports from "./lint/imports.js";

export default defineConfig(
  globalIgnores(["node_modules/", "public/", "coverage/", "src/source/openapi.d.ts"]),
  js.configs.recommended,
  ts.configs.recommended,
  svelte.configs.recommended,
  // Prettier sets the layout.
  svelte.configs.prettier,
  {
    files: ["**/*.svelte", "**/*.svelte.ts"],
    languageOptions: { parserOptions: { parser: ts.parser } },
  },
  {
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      // TypeScript knows the names that exist.
      "no-undef": "off",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      // Maps and sets are replaced as a whole, never changed once they are part of the state.
      "svelte/prefer-svelte-reactivity": "off",
      // {" "} keeps a space at the break of a line.
      "svelte/no-useless-mustaches": "off",
      // Rows that keep no state of their own need no key.
      "svelte/require-each-key": "off",
    },
  },
  {
    files: ["src/**"],
    plugins: { imports },
    rules: { "imports/no-circle": "error" },
  },
  {
    files: ["src/**"],
    ignores: ["**/*.test.ts"],
    rules: { "imports/one-way": "error" },
  },
);
