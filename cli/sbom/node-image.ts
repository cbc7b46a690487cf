import type { ImageManifest } from "../../image/manifest.ts";
import { purlOf, type Component, type Inventory } from "./component.ts";

/**
 * Returns a node image with its contents: Debian packages or the programs of NixOS, container images and the kernel. Programs
 * that this checkout builds are contents, too.
 * @param programs Package URLs of the built programs. A NixOS image has packages of nixpkgs instead.
 */
export function nodeImage(manifest: ImageManifest, programs: readonly string[]): Inventory {
  const { system, images } = manifest;
  const image = imageOf(manifest);
  const contents = [
    ...(system === "debian" ? debianPackages(manifest) : nixPrograms(manifest)),
    ...images.map(containerImage),
  ];
  const contained = [...contents.map(({ purl }) => purl), ...(system === "debian" ? programs : [])];
  return {
    components: [image, ...contents],
    relations: contained.map((to) => ({ from: image.purl, type: "CONTAINS", to })),
  };
}

function imageOf({ system, contract, sha256: hexadecimal, builtFrom }: ImageManifest): Component {
  const version = `contract-${contract}`;
  return {
    name: `node-image-${system}`,
    version,
    purl: purlOf("generic", `node-image-${system}`, version, {
      namespace: "nodeforge",
      qualifiers: { checksum: `sha256:${hexadecimal}` },
    }),
    purpose: "OPERATING_SYSTEM",
    checksum: { algorithm: "SHA256", hexadecimal },
    file: "node.qcow2",
    source: `Built from ${JSON.stringify(builtFrom)}`,
  };
}

function debianPackages({ packages = {}, builtFrom }: ImageManifest): readonly Component[] {
  const suite = typeof builtFrom.suite === "string" ? { qualifiers: { distro: builtFrom.suite } } : {};
  return Object.entries(packages).map(([name, version]) => ({
    name,
    version,
    purl: purlOf("deb", name, version, { namespace: "debian", ...suite }),
    purpose: "LIBRARY",
  }));
}

/** The manifest of a NixOS image has the versions of its main programs only. */
function nixPrograms({ versions }: ImageManifest): readonly Component[] {
  return Object.entries(versions).map(([name, version]) => ({
    name,
    version,
    purl: purlOf("generic", name, version, { namespace: "nixpkgs" }),
    purpose: name === "linux" ? "OPERATING_SYSTEM" : "APPLICATION",
  }));
}

function containerImage(reference: string): Component {
  const colon = reference.lastIndexOf(":");
  const [name, version] = [reference.slice(0, colon), reference.slice(colon + 1)];
  return {
    name,
    version,
    // The manifest has no digest of it. The file of the node image has one.
    purl: purlOf("oci", name.replace(/^.*\//, ""), version, {
      qualifiers: { repository_url: name },
    }),
    purpose: "CONTAINER",
  };
}
