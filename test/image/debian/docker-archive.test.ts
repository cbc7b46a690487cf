import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { cpio, tar, type Member } from "../../../image/debian/archive.ts";
import { dockerArchive } from "../../../image/debian/docker-archive.ts";

const files: readonly Member[] = [
  { path: "bin", mode: 0o755 },
  { path: "bin/tool", mode: 0o755, content: Buffer.from("a program") },
  { path: "bin/alias", mode: 0o777, link: "tool" },
];
const image = { name: "example.local/tool:1", entrypoint: ["/bin/tool"], user: "65535:65535" };

/** Reads the members of a tar archive, and checks the checksum of each header. */
function untar(archive: Buffer): Map<string, { mode: number; type: string; link: string; content: Buffer }> {
  const members = new Map<string, { mode: number; type: string; link: string; content: Buffer }>();
  for (let at = 0; archive[at] !== 0;) {
    const header = archive.subarray(at, at + 512);
    const field = (from: number, length: number) =>
      header
        .toString("latin1", from, from + length)
        .replace(/\0.*$/s, "")
        .trim();
    const size = parseInt(field(124, 12), 8);
    const sum = header.reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 32 : byte), 0);
    expect(parseInt(field(148, 8), 8)).toBe(sum);
    members.set(field(0, 100), {
      mode: parseInt(field(100, 8), 8),
      type: field(156, 1),
      link: field(157, 100),
      content: archive.subarray(at + 512, at + 512 + size),
    });
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return members;
}

function digest(content: Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}

describe("a container image's archive", () => {
  const members = untar(dockerArchive(image, files));
  const json = (path: string) => JSON.parse(members.get(path)?.content.toString() ?? "null") as unknown;
  const [manifest] = json("manifest.json") as [{ Config: string; RepoTags: string[]; Layers: [string] }];
  const content = (path: string) => members.get(path)?.content ?? Buffer.alloc(0);

  it("has only the image's name, one configuration and one layer", () => {
    expect(manifest.RepoTags).toEqual([image.name]);
    expect([...members.keys()].sort()).toEqual([manifest.Config, ...manifest.Layers, "manifest.json"].sort());
  });

  it("names its parts by their digests", () => {
    expect(manifest.Config).toBe(`${digest(content(manifest.Config))}.json`);
    expect(manifest.Layers[0]).toBe(`${digest(content(manifest.Layers[0]))}/layer.tar.gz`);
  });

  it("states the digest of the uncompressed layer", () => {
    const layer = gunzipSync(content(manifest.Layers[0]));
    expect(json(manifest.Config)).toMatchObject({
      rootfs: { type: "layers", diff_ids: [`sha256:${digest(layer)}`] },
      config: { Entrypoint: ["/bin/tool"], User: "65535:65535" },
    });
    expect(untar(layer)).toEqual(
      new Map([
        ["bin", { mode: 0o755, type: "5", link: "", content: Buffer.alloc(0) }],
        ["bin/tool", { mode: 0o755, type: "0", link: "", content: Buffer.from("a program") }],
        ["bin/alias", { mode: 0o777, type: "2", link: "tool", content: Buffer.alloc(0) }],
      ]),
    );
  });

  it("has equal bytes for equal content", () => {
    expect(dockerArchive(image, files).equals(dockerArchive(image, files))).toBe(true);
  });
});

describe("archives", () => {
  it("refuse a path that tar cannot hold", () => {
    expect(() => tar([{ path: "a".repeat(101), mode: 0o644, content: Buffer.alloc(0) }])).toThrow(
      "the path has 101 bytes, expected at most 100",
    );
  });

  it("in the cpio format align names and contents to four bytes", () => {
    const archive = cpio(files);
    const found: string[] = [];
    for (let at = 0; at < archive.length;) {
      const field = (index: number) =>
        parseInt(archive.toString("latin1", at + 6 + index * 8, at + 14 + index * 8), 16);
      expect(archive.toString("latin1", at, at + 6)).toBe("070701");
      const [mode, size, nameSize] = [field(1), field(6), field(11)];
      const name = archive.toString("latin1", at + 110, at + 110 + nameSize - 1);
      const start = Math.ceil((at + 110 + nameSize) / 4) * 4;
      found.push(`${name} ${mode.toString(8)} ${archive.toString("latin1", start, start + size)}`);
      at = Math.ceil((start + size) / 4) * 4;
    }
    expect(found).toEqual(["bin 40755 ", "bin/tool 100755 a program", "bin/alias 120777 tool", "TRAILER!!! 0 "]);
  });
});
