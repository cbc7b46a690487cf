import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { existsSync } from "node:fs";
import { describe, expect, it, onTestFinished } from "vitest";
import { aptSources, checkArchive, readRelease, releaseHash } from "../../../image/debian/debian-archive.ts";

const day = "/archive/{archive}/20261124T000000Z";
const hasApt = existsSync("/usr/lib/apt/apt-helper");

/** Serves the Release files of an archive's suites, and records the requests. */
async function mirror(files: Readonly<Record<string, string>>) {
  const asked: string[] = [];
  const server = createServer(({ url = "" }, response) => {
    asked.push(url);
    const text = files[url];
    response.writeHead(text === undefined ? 404 : 200).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return { archive: `http://127.0.0.1:${(server.address() as AddressInfo).port}${day}`, asked };
}

const release = (date: string) => `Origin: Debian\nDate: ${date}\nSHA256:\n abcdef 1 main/binary-amd64/Packages\n`;
const files = {
  "/archive/debian/20261124T000000Z/dists/trixie/InRelease": release("Sat, 21 Nov 2026 09:15:44 UTC"),
  "/archive/debian/20261124T000000Z/dists/trixie-updates/InRelease": release("Mon, 23 Nov 2026 20:00:00 UTC"),
  "/archive/debian-security/20261124T000000Z/dists/trixie-security/InRelease": release("Mon, 23 Nov 2026 21:00:00 UTC"),
};

describe("the URL of Debian's archive", () => {
  it("contains {archive}, or is empty for apt's mirrors", () => {
    for (const archive of ["", `https://snapshot.example.org${day}`, "http://mirror.example.org/{archive}"]) {
      expect(checkArchive(archive)).toBe(archive);
    }
  });

  it.each([
    "https://snapshot.example.org/debian",
    "/srv/{archive}",
    "ftp://host/{archive}",
    "http://a b/{archive}",
    'http://"/{archive}',
  ])("is not %j", (archive) => {
    expect(() => checkArchive(archive)).toThrow(
      /^Debian's archive is ".*", expected a URL with \{archive\} in the place of debian and /,
    );
  });

  it("is the only source of an image's packages", async () => {
    expect(await aptSources("trixie", `https://snapshot.example.org${day}`)).toEqual([
      "deb https://snapshot.example.org/archive/debian/20261124T000000Z trixie main",
      "deb https://snapshot.example.org/archive/debian/20261124T000000Z trixie-updates main",
      "deb https://snapshot.example.org/archive/debian-security/20261124T000000Z trixie-security main",
    ]);
  });
});

describe.skipIf(!hasApt)("the state of an archive", () => {
  it("follows from its Release files, which apt's helper downloads", async () => {
    const { archive, asked } = await mirror(files);
    const state = await readRelease("trixie", archive);
    expect(asked).toEqual(Object.keys(files));
    expect(state).toBe(releaseHash(Object.values(files).map((text) => Buffer.from(text))));
    expect(await readRelease("trixie", archive)).toBe(state);
    const [security = ""] = Object.keys(files).slice(-1);
    const later = await mirror({ ...files, [security]: release("Tue, 24 Nov 2026 02:12:15 UTC") });
    expect(await readRelease("trixie", later.archive)).not.toBe(state);
  });

  it("is an error if the archive lacks a suite", async () => {
    const { archive } = await mirror({});
    await expect(readRelease("trixie", archive)).rejects.toThrow(/apt-helper.*trixie\/InRelease/s);
  });
});

describe("the hash of Release files", () => {
  const [one, two] = [Buffer.from("one"), Buffer.from("two")];

  it("depends on their content and not on their order", () => {
    expect(releaseHash([one, two])).toBe(releaseHash([two, one]));
    expect(releaseHash([one, two])).not.toBe(releaseHash([one]));
    expect(releaseHash([one, two])).toMatch(/^[0-9a-f]{64}$/);
  });
});
