import { writeFile } from "node:fs/promises";
import { expect } from "vitest";
import { fail, ok, warn } from "../../../cli/doctor/finding.ts";
import { checkImage } from "../../../cli/doctor/image.ts";
import { readDeclaration } from "../../../image/declaration.ts";
import type { DebianManifest } from "../../../image/debian/manifest.ts";
import { manifestPlace } from "../../../image/manifest.ts";
import { sha256 } from "../../lib/release-server.ts";
import { qcow2 } from "../../support/qcow2.ts";
import { test } from "../../support/folder.ts";

const content = qcow2();
const short = sha256(content).slice(0, 12);
const { contract } = readDeclaration();
const name = "node image";

/** Writes an image, and its manifest unless that is undefined; returns the image's path. */
async function write(folder: string, manifest?: object, image: Buffer = content): Promise<string> {
  const path = `${folder}/node.qcow2`;
  await writeFile(path, image);
  if (manifest !== undefined) await writeFile(manifestPlace(path), JSON.stringify(manifest));
  return path;
}

/** Returns the manifest of a Debian image whose packages are so many days old. */
function aged(days: number) {
  return {
    contract,
    sha256: sha256(content),
    system: "debian",
    builtFrom: { archive: new Date(Date.now() - days * 86_400_000).toISOString() },
    packages: { openssl: "3.5.4" },
  };
}

test("an image that matches its manifest passes", async ({ folder }) => {
  const path = await write(folder, { contract, sha256: sha256(content) });
  expect(await checkImage(path)).toEqual(ok(name, `${path} (${short})`));
});

test.for([
  [1, "1 day"],
  [30, "30 days"],
] as const)("an image of %i days passes, with its date and age", async ([days, age], { folder }) => {
  const path = await write(folder, aged(days));
  const date = aged(days).builtFrom.archive.slice(0, 10);
  expect(await checkImage(path)).toEqual(ok(name, `${path} (${short}); packages of ${date}, ${age} old`));
});

test("an image of more than thirty days is a warning, with the commands that build a newer one", async ({ folder }) => {
  const path = await write(folder, aged(31));
  const roll = "`npm run roll -- --image PATH` moves a running cluster to it";
  expect(await checkImage(path)).toEqual(
    warn(
      name,
      expect.stringMatching(/, 31 days old$/) as string,
      `\`npm run image -- --fresh\` builds an image with the current security fixes; ${roll}`,
    ),
  );
  await write(folder, { ...aged(0), system: "nixos", builtFrom: { nixpkgsDate: aged(45).builtFrom.archive } });
  expect(await checkImage(path)).toEqual(
    warn(
      name,
      expect.stringMatching(/, 45 days old$/) as string,
      `\`nix flake update\` and \`npm run image\` build a newer image; ${roll}`,
    ),
  );
});

test("an image names the programs of another version than the declared one, and no others", async ({ folder }) => {
  const versions = { containerd: "2.3.1", etcd: "3.6.8", flannel: "0.28.5" };
  const manifest = { ...aged(2), system: "nixos", builtFrom: { nixpkgsDate: aged(2).builtFrom.archive }, versions };
  const path = await write(folder, { ...manifest, declared: { containerd: "2.2.9", flannel: "0.26.7" } });
  const { status, found } = await checkImage(path);
  expect(status).toBe("ok");
  expect(found).toMatch(
    /; other versions than declared: containerd 2\.3\.1 \(declared 2\.2\.9\), flannel 0\.28\.5 \(declared 0\.26\.7\)$/,
  );
  await write(folder, { ...manifest, declared: {} });
  expect((await checkImage(path)).found).not.toContain("declared");
});

test("an image is compared with that of the last run", async ({ folder }) => {
  const manifest = aged(2);
  const path = await write(folder, manifest);
  const last = (packages: object) => ({ ...manifest, sha256: "ab".repeat(32), packages }) as unknown as DebianManifest;
  expect((await checkImage(path, last({ openssl: "3.5.1" }))).found).toMatch(
    /; since the last run, packages changed: openssl 3\.5\.1 to 3\.5\.4$/,
  );
  expect((await checkImage(path, last(manifest.packages))).found).toMatch(
    /; since the last run, built again from the same sources$/,
  );
  expect((await checkImage(path, manifest as unknown as DebianManifest)).found).not.toContain("last run");
});

test("an image that differs from its manifest fails, with both hashes", async ({ folder }) => {
  const other = Buffer.from("another image");
  const path = await write(folder, { contract, sha256: sha256(content) }, other);
  const { status, found, fix } = await checkImage(path);
  expect(status).toBe("fail");
  expect(found).toContain(sha256(other));
  expect(fix).toContain(`use the file that its manifest describes, SHA-256 ${sha256(content)}`);
});

test("an image of another contract fails, with both contracts", async ({ folder }) => {
  const path = await write(folder, { contract: contract + 1, sha256: sha256(content) });
  const { status, found, fix } = await checkImage(path);
  expect(status).toBe("fail");
  expect(found).toContain(`is an image of contract ${contract + 1}`);
  expect(fix).toContain(`use an image of contract ${contract}`);
});

test.for([
  ["with a manifest", true],
  ["without a manifest", false],
] as const)("an image from which nodes cannot start fails, %s", async ([, hasManifest], { folder }) => {
  const strange = qcow2({ 8: 512n, 16: 11 });
  const path = await write(folder, hasManifest ? { contract, sha256: sha256(strange) } : undefined, strange);
  expect(await checkImage(path)).toEqual(
    fail(name, `${path} cannot be used`, "use a qcow2 image without a backing file (`qemu-img convert` makes one)"),
  );
});

test("an image without a manifest is a warning", async ({ folder }) => {
  const path = await write(folder);
  expect(await checkImage(path)).toEqual(
    warn(
      name,
      `${path} has no manifest`,
      "nothing to fix if you built the image yourself; otherwise `npm run image` builds one with a manifest",
    ),
  );
});

test("a missing image fails, with the command that builds one", async ({ folder }) => {
  const path = `${folder}/node.qcow2`;
  expect(await checkImage(path)).toEqual(
    fail(name, `${path} is missing or is not a file`, "`npm run image` builds an image"),
  );
  expect(await checkImage(undefined)).toEqual(
    fail(name, "no image is built or configured", "`npm run up` or `npm run image` builds one"),
  );
});
