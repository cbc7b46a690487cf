import type { Pins } from "../../tools/versions.ts";
import { purlOf, type Inventory } from "./component.ts";

/**
 * Returns the files that commands download, by their SHA-256.
 * @param sources Sentences about the origin of the hashes, by the beginning of a file's name.
 * @param root Package URL of the project.
 */
export function downloads(pins: Pins, sources: Readonly<Record<string, string>>, root: string): Inventory {
  const components = Object.entries(pins).map(([file, hexadecimal]) => {
    const [, name = file, version = ""] = /^(.+?)-v(\d+\.\d+\.\d+)\b/.exec(file) ?? [];
    const source = Object.entries(sources).find(([start]) => file.startsWith(`${start}-`))?.[1];
    return {
      name,
      version,
      // The checksum tells the files of two architectures apart.
      purl: purlOf("generic", name, version, { qualifiers: { checksum: `sha256:${hexadecimal}`, file_name: file } }),
      purpose: "FILE",
      checksum: { algorithm: "SHA256", hexadecimal },
      file,
      ...(source === undefined ? {} : { source: `SHA-256 from ${source}` }),
    } as const;
  });
  return {
    components,
    relations: components.map(({ purl }) => ({ from: purl, type: "RUNTIME_DEPENDENCY_OF", to: root })),
  };
}
