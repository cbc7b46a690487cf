import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { expect, test } from "vitest";
import { readGit, readImage, readVirshVersion } from "../../../cli/runs/surroundings.ts";
import { temporaryFolder } from "../../support/folder.ts";

test("a folder without a repository has no revision", async () => {
  const folder = temporaryFolder();
  expect(await readGit(folder)).toBe(null);
  const git = (...args: string[]) =>
    execa("git", ["-c", "user.name=n", "-c", "user.email=n@localhost", ...args], { cwd: folder });
  await git("init", "--quiet");
  expect(await readGit(folder)).toBe(null);
  await git("commit", "--quiet", "--allow-empty", "--message", "first");
  expect(await readGit(folder)).toEqual({ revision: expect.stringMatching(/^[0-9a-f]{40}$/) as string, dirty: false });
  writeFileSync(join(folder, "new"), "");
  expect(await readGit(folder)).toMatchObject({ dirty: true });
});

test("text that Pulumi writes into a stack's file does not count as a change", async () => {
  const folder = temporaryFolder();
  const git = (...args: string[]) =>
    execa("git", ["-c", "user.name=n", "-c", "user.email=n@localhost", ...args], { cwd: folder });
  const write = (text: string) => writeFileSync(join(folder, "Pulumi.dev.yaml"), text);
  await git("init", "--quiet");
  write("# The example.\nconfig:\n  nodeforge:workers: 2\n  nodeforge:workerLabels: [disk=ssd]\n");
  await git("add", ".");
  await git("commit", "--quiet", "--message", "first");
  const byPulumi = 'config:\n  nodeforge:workerLabels:\n    - disk=ssd\n  nodeforge:workers: "2"\n';
  write(`${byPulumi}encryptionsalt: v1:salt\n`);
  expect(await readGit(folder)).toMatchObject({ dirty: false });
  write(`${byPulumi.replace("2", "3")}encryptionsalt: v1:salt\n`);
  expect(await readGit(folder)).toMatchObject({ dirty: true });
  write(`${byPulumi}encryptionsalt: v1:salt\n`);
  writeFileSync(join(folder, "Pulumi.other.yaml"), byPulumi);
  expect(await readGit(folder)).toMatchObject({ dirty: true });
});

test("versions of the hypervisor are read from virsh", () => {
  const text =
    "Compiled against library: libvirt 9.0.0\nUsing library: libvirt 9.0.1\nUsing API: QEMU 9.0.1\nRunning hypervisor: QEMU 7.2.22\n";
  expect(readVirshVersion(text)).toEqual({ libvirt: "9.0.1", qemu: "7.2.22" });
  expect(readVirshVersion("error: failed to connect")).toEqual({ libvirt: null, qemu: null });
});

test("the record of an image has its manifest, and the hash that the stack expects or the manifest states", () => {
  const folder = temporaryFolder();
  const image = join(folder, "node.qcow2");
  const manifest = { contract: 2, sha256: "cd".repeat(32), versions: { linux: "6.12" } };
  expect(readImage(image, "")).toEqual({ location: image, sha256: null, manifest: null });
  writeFileSync(`${image}.manifest.json`, JSON.stringify(manifest));
  expect(readImage(image, "")).toEqual({ location: image, sha256: manifest.sha256, manifest });
  expect(readImage(image, "AB".repeat(32))).toEqual({ location: image, sha256: "ab".repeat(32), manifest });
  writeFileSync(`${image}.manifest.json`, "half of a manif");
  expect(readImage(image, "")).toEqual({ location: image, sha256: null, manifest: null });
  expect(readImage("https://example.org/node.qcow2", "")).toEqual({
    location: "https://example.org/node.qcow2",
    sha256: null,
    manifest: null,
  });
  expect(readImage(undefined, "")).toEqual({ location: null, sha256: null, manifest: null });
});
