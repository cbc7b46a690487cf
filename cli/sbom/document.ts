import { sha256 } from "../../lib/digest.ts";
import { identifierOf, type Component, type Inventory } from "./component.ts";

/** Facts of a document beside its inventory. */
export interface DocumentFacts {
  /** The project, which the document describes. */
  readonly root: Component;
  /** Time of the sources, in seconds since 1970. */
  readonly epoch: number;
}

/** A relationship of SPDX 2.3. */
interface Relationship {
  readonly spdxElementId: string;
  readonly relationshipType: string;
  readonly relatedSpdxElement: string;
}

const unknown = "NOASSERTION";
const documentId = "SPDXRef-DOCUMENT";

/**
 * Returns the text of an SPDX 2.3 document in JSON (https://spdx.github.io/spdx-spec/v2.3). Equal inventories make equal texts:
 * everything is sorted, and the namespace has a hash of the content.
 * @throws when a relation names a component that the inventory does not have.
 */
export function spdxText({ components, relations }: Inventory, { root, epoch }: DocumentFacts): string {
  // The first component with a purl counts. A library of two programs is one package.
  const byPurl = new Map([...components, root].toReversed().map((component) => [component.purl, component]));
  const idOf = (purl: string) => {
    const component = byPurl.get(purl);
    if (component === undefined) throw new Error(`a relation names ${purl}, which is no component of the document`);
    return identifierOf(component);
  };
  const packages = [...byPurl.values()].map(packageOf).sort((one, other) => (one.SPDXID < other.SPDXID ? -1 : 1));
  const described = { spdxElementId: documentId, relationshipType: "DESCRIBES", relatedSpdxElement: idOf(root.purl) };
  const lines = relations.map(({ from, type, to }) =>
    JSON.stringify({ spdxElementId: idOf(from), relationshipType: type, relatedSpdxElement: idOf(to) }),
  );
  const content = {
    packages,
    relationships: [described, ...[...new Set(lines)].sort().map((line) => JSON.parse(line) as Relationship)],
  };
  const created = new Date(epoch * 1000).toISOString().replace(/\.\d+Z$/, "Z");
  const digest = sha256(JSON.stringify([created, content])).slice(0, 32);
  const document = {
    spdxVersion: "SPDX-2.3",
    dataLicense: "CC0-1.0",
    SPDXID: documentId,
    name: `${root.name}-${root.version}`,
    documentNamespace: `https://nodeforge.dev/spdx/${root.name}-${root.version}-${digest}`,
    creationInfo: { created, creators: [`Tool: ${root.name}-${root.version}`] },
    ...content,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function packageOf(component: Component) {
  const { name, version, purl, purpose, checksum, goSum, license, file, source } = component;
  return {
    SPDXID: identifierOf(component),
    name,
    versionInfo: version,
    ...(file === undefined ? {} : { packageFileName: file }),
    downloadLocation: unknown,
    filesAnalyzed: false,
    primaryPackagePurpose: purpose,
    ...(checksum === undefined
      ? {}
      : { checksums: [{ algorithm: checksum.algorithm, checksumValue: checksum.hexadecimal }] }),
    ...(source === undefined ? {} : { sourceInfo: source }),
    licenseConcluded: unknown,
    licenseDeclared: license ?? unknown,
    copyrightText: unknown,
    externalRefs: [
      { referenceCategory: "PACKAGE-MANAGER", referenceType: "purl", referenceLocator: purl },
      ...(goSum === undefined
        ? []
        : [{ referenceCategory: "OTHER", referenceType: "go-sum", referenceLocator: goSum }]),
    ],
  };
}
