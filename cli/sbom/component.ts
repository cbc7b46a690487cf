import { PackageURL } from "packageurl-js";
import { sha256 } from "../../lib/digest.ts";

/** A thing that a cluster is made of, before it has the form of SPDX. */
export interface Component {
  readonly name: string;
  readonly version: string;
  /** Package URL, which also tells two components apart. */
  readonly purl: string;
  readonly purpose: "APPLICATION" | "LIBRARY" | "CONTAINER" | "OPERATING_SYSTEM" | "FILE";
  /** Hash of the released file, where one is known. */
  readonly checksum?: { readonly algorithm: "SHA256" | "SHA512"; readonly hexadecimal: string };
  /** Checksum of a Go module as in go.sum. SPDX has no algorithm of this name. */
  readonly goSum?: string;
  /** SPDX expression. @default unknown */
  readonly license?: string;
  /** Name of the released file. */
  readonly file?: string;
  /** Sentence about the origin. */
  readonly source?: string;
}

/** Relationship of SPDX 2.3 between two components, which are named by their purl. */
export interface Relation {
  readonly from: string;
  readonly type:
    | "CONTAINS"
    | "DEPENDENCY_OF"
    | "DEV_DEPENDENCY_OF"
    | "OPTIONAL_DEPENDENCY_OF"
    | "RUNTIME_DEPENDENCY_OF"
    | "GENERATED_FROM";
  readonly to: string;
}

/** Components with their relations. */
export interface Inventory {
  readonly components: readonly Component[];
  readonly relations: readonly Relation[];
}

/** Parts of a {@link purlOf package URL} beside type and version. */
interface PurlParts {
  readonly namespace?: string;
  readonly qualifiers?: Readonly<Record<string, string>>;
  readonly subpath?: string;
}

/** Returns a package URL, e.g. `pkg:npm/%40pulumi/random@4.21.2`. The library knows the rules of each type. */
export function purlOf(type: string, name: string, version: string, parts: PurlParts = {}): string {
  const { namespace, qualifiers, subpath } = parts;
  return new PackageURL(type, namespace, name, version, qualifiers, subpath).toString();
}

/** Returns the package URL of a name with slashes: the part after the last one is the name, the rest the namespace. */
export function pathPurlOf(type: string, path: string, version: string, parts: Omit<PurlParts, "namespace"> = {}) {
  const slash = path.lastIndexOf("/");
  const namespace = slash < 0 ? {} : { namespace: path.slice(0, slash) };
  return purlOf(type, path.slice(slash + 1), version, { ...namespace, ...parts });
}

/** Returns one inventory with the content of several. */
export function joined(inventories: readonly Inventory[]): Inventory {
  return {
    components: inventories.flatMap(({ components }) => components),
    relations: inventories.flatMap(({ relations }) => relations),
  };
}

/** Returns the SPDX identifier of a component. The digest keeps two apart whose names differ only in other characters. */
export function identifierOf({ name, version, purl }: Pick<Component, "name" | "version" | "purl">): string {
  const words = `${name}-${version}`.replaceAll(/[^A-Za-z0-9.]+/g, "-").replaceAll(/^-|-$/g, "");
  return `SPDXRef-${words}-${sha256(purl).slice(0, 12)}`;
}
