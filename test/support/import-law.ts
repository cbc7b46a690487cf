import type { Linter } from "eslint";

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

/** A part of the house. */
interface Area {
  readonly area: string;
  /** Patterns of its files. */
  readonly files: string[];
  /** Areas that its files may import, beside itself. */
  readonly mayImport: readonly string[];
}

/**
 * The law of imports, `lib <- libvirt, tools <- image <- program <- cli`: each area may import itself and the areas named
 * here.
 */
const law: readonly Area[] = [
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

const folders: Readonly<Record<string, readonly string[]>> = {
  program: [...program, "index.ts", "names.ts", "topology.ts"],
  cli: ["cli"],
};
const foldersOf = (area: string) => folders[area] ?? [area];

/** One rule an area: an import that leaves the area for another one must be allowed. */
export const importLaw: Linter.Config[] = law.map(({ area, files, mayImport }) => {
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
