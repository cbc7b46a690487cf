import parseLicense from "spdx-expression-parse";
import { purlOf, pathPurlOf, type Component, type Inventory, type Relation } from "./component.ts";

/** Part of package-lock.json, of version 3. */
interface Lock {
  readonly lockfileVersion?: number;
  readonly packages?: Readonly<Record<string, Entry>>;
}

interface Entry {
  /** Only where it differs from the folder, or for a package of this checkout. */
  readonly name?: string;
  readonly version?: string;
  readonly integrity?: string;
  readonly license?: string;
  readonly link?: boolean;
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  readonly optional?: boolean;
}

/**
 * Returns the npm packages of a lock, and the Node program in two of them.
 * @param lock Text of package-lock.json.
 * @param root Package URL of the project.
 * @throws when the lock has another version than 3.
 */
export function npmPackages(lock: string, root: string): Inventory {
  const { lockfileVersion, packages = {} } = JSON.parse(lock) as Lock;
  if (lockfileVersion !== 3)
    throw new Error(
      `package-lock.json has version ${lockfileVersion ?? "none"}, expected 3. ` +
        "Fix: npm install --package-lock-only --lockfile-version 3",
    );
  const components: Component[] = [];
  const relations: Relation[] = [];
  for (const [place, entry] of Object.entries(packages)) {
    // The first is the project itself. A link leads to another entry, which is a folder of the checkout.
    if (place === "" || entry.link === true) continue;
    const component = componentOf(place, entry);
    components.push(component);
    relations.push({ from: component.purl, type: relationOf(place, entry), to: root });
    if (!/^node-linux-/.test(component.name)) continue;
    const node = nodeProgram(component.version);
    components.push(node);
    relations.push({ from: component.purl, type: "CONTAINS", to: node.purl });
  }
  return { components, relations };
}

function componentOf(place: string, entry: Entry): Component {
  const { version = "" } = entry;
  const name = entry.name ?? place.replace(/^.*node_modules\//, "");
  const license = validLicense(entry.license);
  return {
    name,
    version,
    purl: pathPurlOf("npm", name, version),
    purpose: "LIBRARY",
    ...(license === undefined ? {} : { license }),
    ...(entry.integrity === undefined
      ? { source: `Folder ${place} of the checkout.` }
      : { checksum: checksumOf(name, entry.integrity) }),
  };
}

function checksumOf(name: string, integrity: string): NonNullable<Component["checksum"]> {
  const [, base64 = ""] = /^sha512-([A-Za-z0-9+/]{86}==)$/.exec(integrity) ?? [];
  if (base64 === "") throw new Error(`the lock has no SHA-512 of ${name}, got ${integrity}. Fix: npm update ${name}`);
  return { algorithm: "SHA512", hexadecimal: Buffer.from(base64, "base64").toString("hex") };
}

function relationOf(place: string, { dev, devOptional, optional }: Entry): Relation["type"] {
  if (!place.includes("node_modules/")) return "DEPENDENCY_OF";
  if (dev === true || devOptional === true) return "DEV_DEPENDENCY_OF";
  return optional === true ? "OPTIONAL_DEPENDENCY_OF" : "DEPENDENCY_OF";
}

/** Returns a licence that is an SPDX expression. Some packages write a sentence instead. */
function validLicense(license: string | undefined): string | undefined {
  if (license === undefined) return undefined;
  try {
    parseLicense(license);
    return license;
  } catch {
    return undefined;
  }
}

function nodeProgram(version: string): Component {
  return { name: "node", version, purl: purlOf("generic", "node", version), purpose: "APPLICATION" };
}
