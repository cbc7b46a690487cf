import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ChecksumError, download } from "../../toolchain/download.ts";
import { file, serve, sha256, text, type Answer, type ReleaseServer } from "./release-server.ts";

const content = randomBytes(256 * 1024);
const right = `${"0".repeat(64)}  other.tar.gz\n${sha256(content)}  tool.tar.gz\n`;

let folder: string;
let path: string;
let server: ReleaseServer | undefined;
let lines: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "nodeforge-download-"));
  path = join(folder, "tool.tar.gz");
  lines = [];
  vi.stubEnv("NODEFORGE_OFFLINE", "");
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await server?.close();
  server = undefined;
  await rm(folder, { recursive: true, force: true });
});

async function fetchFrom(answers: Readonly<Record<string, Answer>>): Promise<string | undefined> {
  server = await serve(answers);
  return download({ url: `${server.url}/tool.tar.gz`, checksums: `${server.url}/checksums.txt` }, path, {
    silence: 500,
    log: (line) => lines.push(line),
  });
}

describe("a download", () => {
  test("with the published checksum is put in place", async () => {
    expect(await fetchFrom({ "/tool.tar.gz": file(content), "/checksums.txt": text(right) })).toBe(path);
    expect(await readFile(path)).toEqual(content);
    expect(await readdir(folder)).toEqual(["tool.tar.gz"]);
  });

  test("may be checked against a list of one hash without a name", async () => {
    expect(await fetchFrom({ "/tool.tar.gz": file(content), "/checksums.txt": text(sha256(content)) })).toBe(path);
  });

  test("with another checksum is refused, and nothing of it stays", async () => {
    const changed = Buffer.from(content);
    changed[0] = (changed[0] ?? 0) ^ 1;
    const attempt = fetchFrom({ "/tool.tar.gz": file(changed), "/checksums.txt": text(right) });
    await expect(attempt).rejects.toThrow(ChecksumError);
    await expect(attempt).rejects.toThrow(/has SHA-256 .* says .*; refused$/);
    expect(await readdir(folder)).toEqual([]);
  });

  test("that the list of checksums does not name is refused before it begins", async () => {
    const attempt = fetchFrom({
      "/tool.tar.gz": file(content),
      "/checksums.txt": text(`${sha256(content)}  another.tar.gz\n`),
    });
    await expect(attempt).rejects.toThrow(/has no SHA-256 of tool\.tar\.gz; refused$/);
    expect(server?.seen.map((request) => request.path)).toEqual(["/checksums.txt"]);
  });

  test("goes on where the connection was lost", async () => {
    expect(await fetchFrom({ "/tool.tar.gz": file(content, { breaks: 1 }), "/checksums.txt": text(right) })).toBe(path);
    expect(await readFile(path)).toEqual(content);
    const ranges = server?.seen.filter((request) => request.path === "/tool.tar.gz").map(({ range }) => range);
    expect(ranges).toEqual([undefined, expect.stringMatching(/^bytes=[1-9]\d*-$/)]);
  });

  test("goes on with what an earlier run left", async () => {
    await writeFile(`${path}.part`, content.subarray(0, 1000));
    expect(await fetchFrom({ "/tool.tar.gz": file(content), "/checksums.txt": text(right) })).toBe(path);
    expect(server?.seen.at(-1)?.range).toBe("bytes=1000-");
    expect(await readFile(path)).toEqual(content);
  });

  test("starts again where the server cannot go on", async () => {
    await writeFile(`${path}.part`, content.subarray(0, 1000));
    expect(await fetchFrom({ "/tool.tar.gz": file(content, { ranges: false }), "/checksums.txt": text(right) })).toBe(
      path,
    );
    expect(await readFile(path)).toEqual(content);
  });

  test("that is complete already is only checked", async () => {
    await writeFile(`${path}.part`, content);
    expect(await fetchFrom({ "/tool.tar.gz": file(content), "/checksums.txt": text(right) })).toBe(path);
    expect(await readFile(path)).toEqual(content);
  });

  test("starts again when what was left is longer than the file", async () => {
    await writeFile(`${path}.part`, Buffer.concat([content, content]));
    expect(await fetchFrom({ "/tool.tar.gz": file(content), "/checksums.txt": text(right) })).toBe(path);
    expect(await readFile(path)).toEqual(content);
  });

  test("is not to be had when the connection breaks every time, and what arrived is kept", async () => {
    expect(
      await fetchFrom({ "/tool.tar.gz": file(content, { breaks: 9 }), "/checksums.txt": text(right) }),
    ).toBeUndefined();
    expect(await readdir(folder)).toEqual(["tool.tar.gz.part"]);
    expect(lines.at(-1)).toMatch(/is not to be had: the connection was lost 3 times$/);
  });

  test("is not to be had when the server falls silent", async () => {
    const silent: Answer = (_, response) => void response.writeHead(200, { "content-length": 100 }).write("some");
    expect(await fetchFrom({ "/tool.tar.gz": silent, "/checksums.txt": text(right) })).toBeUndefined();
  });

  test("is not to be had when the release is absent", async () => {
    expect(await fetchFrom({})).toBeUndefined();
    expect(lines.at(-1)).toMatch(/checksums\.txt answers 404$/);
  });

  test("is not to be had when nothing listens", async () => {
    const gone = await serve({});
    await gone.close();
    const release = { url: `${gone.url}/tool.tar.gz`, checksums: `${gone.url}/checksums.txt` };
    expect(await download(release, path)).toBeUndefined();
  });

  test("is not tried with NODEFORGE_OFFLINE", async () => {
    vi.stubEnv("NODEFORGE_OFFLINE", "1");
    expect(await fetchFrom({ "/tool.tar.gz": file(content), "/checksums.txt": text(right) })).toBeUndefined();
    expect(server?.seen).toEqual([]);
  });
});
