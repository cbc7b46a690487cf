import type { Linter } from "eslint";

/** Folders of the Pulumi program. The files at the top level belong to it, too. */
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

/** An area of the code. */
interface Area {
  readonly area: string;
  /** Patterns of its files. */
  readonly files: string[];
  /** Areas that its files may import, beside itself. */
  readonly mayImport: readonly string[];
}

/** The law of imports, `lib <- libvirt, tools <- image <- program <- cli`: an area may import itself and these areas. */
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
  { area: "policy", files: ["policy/**"], mayImport: ["lib", "libvirt", "program"] },
];

const folders: Readonly<Record<string, readonly string[]>> = {
  program: [...program, "index.ts", "names.ts", "topology.ts"],
  cli: ["cli"],
};
const foldersOf = (area: string) => folders[area] ?? [area];

/** One rule for each area: an import from another area must be allowed. */
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
