import eslint from "@eslint/js";
import tseslint from "typescript-eslint";
import { importLaw } from "./test/support/import-law.ts";

export default tseslint.config(
  { ignores: ["node_modules", "sdks", "runs", ".bench", ".pulumi-state"] },
  eslint.configs.recommended,
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // A missing await is the most common reason for a test that proves nothing.
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      // Pulumi components are constructed for their effect. Their value is often unused.
      "no-new": "off",
    },
  },
  ...importLaw,
);
