import eslint from "@eslint/js";
import tseslint from "typescript-eslint";

/** Folders of the Pulumi program; the files beside them at the top belong to it. */
const program = [
  "addons",
  "cloud-init",
  "components",
  "config",
  "guest",
  "kubeadm",
  "lifecycle",
  "operator",
  "preflight",
];

/**
 * The law of imports, `lib <- libvirt, tools <- image <- program <- cli`: each area may import itself and the areas named
 * here. docs/architecture.md shows it as a picture.
 */
const law = [
  { area: "lib", files: ["lib/**"], mayImport: [] },
  { area: "libvirt", files: ["libvirt/**"], mayImport: ["lib"] },
  { area: "tools", files: ["tools/**"], mayImport: ["lib"] },
  { area: "image", files: ["image/**"], mayImport: ["lib", "libvirt", "tools"] },
  {
    area: "program",
    files: ["*.ts", ...program.map((folder) => `${folder}/**`)],
    mayImport: ["lib", "libvirt", "image"],
  },
];

/** @type {Record<string, string[]>} */
const folders = { program: [...program, "topology.ts", "names.ts", "index.ts"], cli: ["cli"] };
/** @param {string} area */
const foldersOf = (area) => folders[area] ?? [area];

/**
 * One rule an area: an import that leaves the area for another one must be allowed.
 * @type {import("eslint").Linter.Config[]}
 */
export const importLaw = law.map(({ area, files, mayImport }) => {
  const forbidden = [...law.map((other) => other.area), "cli"]
    .filter((other) => other !== area && !mayImport.includes(other))
    .flatMap(foldersOf);
  return {
    files,
    ignores: ["vitest.config.ts"],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: [
            {
              regex: String.raw`^(\.\./)+(${forbidden.join("|")})(/|$)|^\./(${forbidden.join("|")})/`,
              message: `${area} may import ${["itself", ...mayImport].join(", ")} only.`,
            },
          ],
        },
      ],
    },
  };
});

export default tseslint.config(
  { ignores: ["node_modules", "sdks", "runs", ".pulumi-state"] },
  eslint.configs.recommended,
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // An un-awaited apply or promise is the commonest way a test passes without proving anything.
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      // Pulumi components are constructed for their effect; their value is often not needed.
      "no-new": "off",
    },
  },
  ...importLaw,
);
