import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, vi } from "vitest";
import { ChecksumError, download, downloadEarly, downloadText, type DownloadOptions } from "../../lib/download.ts";
import { FileLock } from "../../lib/file-lock.ts";
import { drip, file, serve, sha256, text, type Answer, type ReleaseServer } from "./release-server.ts";
import { test } from "../support/folder.ts";

const content = randomBytes(256 * 1024);
const maximum = 1 << 20;

let folder: string;
let path: string;
let server: ReleaseServer | undefined;
let lines: string[];

test.beforeEach(({ folder: fresh }) => {
  folder = fresh;
  path = join(folder, "tool.tar.gz");
  lines = [];
  vi.stubEnv("NODEFORGE_OFFLINE", "");
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await server?.close();
  server = undefined;
});

async function fetchFrom(answer: Answer | undefined, options: DownloadOptions = {}): Promise<string | undefined> {
  server = await serve(answer === undefined ? {} : { "/tool.tar.gz": answer });
  const release = { url: `${server.url}/tool.tar.gz`, sha256: sha256(content), maximum };
  return download(release, path, { silence: 500, log: (line) => lines.push(line), ...options });
}

describe("a download", () => {
  test("with the expected checksum is stored at its path", async () => {
    expect(await fetchFrom(file(content))).toBe(path);
    expect(await readFile(path)).toEqual(content);
    expect(await readdir(folder)).toEqual(["tool.tar.gz"]);
  });

  test("with another checksum is refused and removed", async () => {
    const changed = Buffer.from(content);
    changed[0] = (changed[0] ?? 0) ^ 1;
    const attempt = fetchFrom(file(changed));
    await expect(attempt).rejects.toThrow(ChecksumError);
    await expect(attempt).rejects.toThrow(
      `has SHA-256 ${sha256(changed)}, but ${sha256(content)} is expected; refused`,
    );
    expect(await readdir(folder)).toEqual([]);
  });

  test("that ends too early is refused, although the server reports it as complete", async () => {
    await expect(fetchFrom(file(content.subarray(0, 1000)))).rejects.toThrow(ChecksumError);
    expect(await readdir(folder)).toEqual([]);
  });

  test("with too large a length is refused before its content", async () => {
    const large = Buffer.alloc(maximum + 1);
    await expect(fetchFrom(file(large))).rejects.toThrow(
      /is larger than the expected maximum of 1048576 bytes; refused$/,
    );
    expect(await readdir(folder)).toEqual([]);
  });

  test("without a length is refused as soon as it is too large", async () => {
    const endless: Answer = (_, response) => {
      const more = () => {
        if (!response.destroyed) response.write(content, () => setImmediate(more));
      };
      more();
    };
    await expect(fetchFrom(endless)).rejects.toThrow(/is larger than the expected maximum of 1048576 bytes; refused$/);
    expect(await readdir(folder)).toEqual([]);
  });

  test("that is too slow is unavailable at its limit, and continues in the next run", async () => {
    expect(await fetchFrom(drip(content, 20), { limit: 700 })).toBeUndefined();
    expect(lines.at(-1)).toMatch(/is unavailable: it did not arrive within 1s$/);
    expect(await readdir(folder)).toEqual(["tool.tar.gz.part"]);
    await server?.close();
    expect(await fetchFrom(file(content))).toBe(path);
    expect(server?.seen[0]?.range).toMatch(/^bytes=[1-9]\d*-$/);
    expect(await readFile(path)).toEqual(content);
  });

  test("of a present file needs no network", async () => {
    await writeFile(path, content);
    vi.stubEnv("NODEFORGE_OFFLINE", "1");
    expect(await fetchFrom(file(content))).toBe(path);
    expect(server?.seen).toEqual([]);
  });

  test("replaces a damaged file, and logs that", async () => {
    await writeFile(path, Buffer.alloc(content.length));
    expect(await fetchFrom(file(content))).toBe(path);
    expect(await readFile(path)).toEqual(content);
    expect(lines[0]).toMatch(/tool\.tar\.gz has SHA-256 [0-9a-f]{64}, but [0-9a-f]{64} is expected: it is damaged/);
  });

  test("runs once for two callers at the same time", async () => {
    server = await serve({ "/tool.tar.gz": file(content) });
    const release = { url: `${server.url}/tool.tar.gz`, sha256: sha256(content), maximum };
    const both = [download(release, path, { log: () => undefined }), download(release, path, { log: () => undefined })];
    expect(await Promise.all(both)).toEqual([path, path]);
    expect(server.seen).toHaveLength(1);
    expect(await readdir(folder)).toEqual(["tool.tar.gz"]);
  });

  test("continues after a lost connection", async () => {
    expect(await fetchFrom(file(content, { breaks: 1 }))).toBe(path);
    expect(await readFile(path)).toEqual(content);
    const ranges = server?.seen.map(({ range }) => range);
    expect(ranges).toEqual([undefined, expect.stringMatching(/^bytes=[1-9]\d*-$/)]);
  });

  test("continues the partial download of an earlier run", async () => {
    await writeFile(`${path}.part`, content.subarray(0, 1000));
    expect(await fetchFrom(file(content))).toBe(path);
    expect(server?.seen.at(-1)?.range).toBe("bytes=1000-");
    expect(await readFile(path)).toEqual(content);
  });

  test("starts again if the server cannot continue", async () => {
    await writeFile(`${path}.part`, content.subarray(0, 1000));
    expect(await fetchFrom(file(content, { ranges: false }))).toBe(path);
    expect(await readFile(path)).toEqual(content);
  });

  test("whose partial file is complete is only checked", async () => {
    await writeFile(`${path}.part`, content);
    expect(await fetchFrom(file(content))).toBe(path);
    expect(await readFile(path)).toEqual(content);
  });

  test("starts again if the partial file is longer than the release", async () => {
    await writeFile(`${path}.part`, Buffer.concat([content, content]));
    expect(await fetchFrom(file(content))).toBe(path);
    expect(await readFile(path)).toEqual(content);
  });

  test("is unavailable if every connection is lost, and keeps the partial file", async () => {
    expect(await fetchFrom(file(content, { breaks: 9 }))).toBeUndefined();
    expect(await readdir(folder)).toEqual(["tool.tar.gz.part"]);
    expect(lines.at(-1)).toMatch(/is unavailable: the connection was lost 3 times$/);
  });

  test("is unavailable if the server stops sending", async () => {
    const silent: Answer = (_, response) => void response.writeHead(200, { "content-length": 100 }).write("some");
    expect(await fetchFrom(silent)).toBeUndefined();
  });

  test("starts again if the partial file belongs to another file", async () => {
    await writeFile(`${path}.part`, Buffer.alloc(1000));
    expect(await fetchFrom(file(content))).toBe(path);
    expect(server?.seen.map(({ range }) => range)).toEqual(["bytes=1000-", undefined]);
    expect(await readFile(path)).toEqual(content);
  });

  test("continues the partial file of a killed process, and not that of a running one", async () => {
    const child = spawn(process.execPath, ["-e", ""]);
    await once(child, "exit");
    const running = `${path}.part-${process.ppid}-00000000`;
    await writeFile(running, content.subarray(0, 2000));
    await writeFile(`${path}.part-${child.pid}-00000000`, content.subarray(0, 1000));
    expect(await fetchFrom(file(content))).toBe(path);
    expect(server?.seen[0]?.range).toBe("bytes=1000-");
    expect((await readdir(folder)).map((name) => join(folder, name))).toEqual([path, running]);
  });

  test("is unavailable if the release is missing", async () => {
    expect(await fetchFrom(undefined)).toBeUndefined();
    expect(lines.at(-1)).toMatch(/tool\.tar\.gz is unavailable: status 404$/);
  });

  test("is unavailable if nothing listens", async () => {
    const gone = await serve({});
    await gone.close();
    const release = { url: `${gone.url}/tool.tar.gz`, sha256: sha256(content), maximum };
    expect(await download(release, path)).toBeUndefined();
  });

  test("is not attempted with NODEFORGE_OFFLINE", async () => {
    vi.stubEnv("NODEFORGE_OFFLINE", "1");
    expect(await fetchFrom(file(content))).toBeUndefined();
    expect(server?.seen).toEqual([]);
  });
});

describe("an early download", () => {
  const start = async (answer: Answer | undefined) => {
    server = await serve(answer === undefined ? {} : { "/tool.tar.gz": answer });
    const stop = new AbortController();
    const release = { url: `${server.url}/tool.tar.gz`, sha256: sha256(content), maximum };
    return { release, stop, ended: downloadEarly(release, path, stop.signal) };
  };
  const log = (line: string) => lines.push(line);

  test("is awaited by the download that needs the file", async () => {
    const { release } = await start(file(content));
    expect(await download(release, path, { log })).toBe(path);
    expect(await readFile(path)).toEqual(content);
    expect(server?.seen).toHaveLength(1);
    expect(lines).toEqual([]);
  });

  test("is continued by the next run after it was stopped", async () => {
    const { release, stop, ended } = await start(drip(content, 2));
    await vi.waitUntil(() => server?.seen.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 100));
    stop.abort();
    await ended;
    expect(await readdir(folder)).toEqual(["tool.tar.gz.part"]);
    await server?.close();
    server = await serve({ "/tool.tar.gz": file(content) });
    expect(await download({ ...release, url: `${server.url}/tool.tar.gz` }, path, { log })).toBe(path);
    expect(server.seen[0]?.range).toMatch(/^bytes=[1-9]\d*-$/);
  });

  test("fails silently, and the download that needs the file reports it", async () => {
    const { release, ended } = await start(undefined);
    await ended;
    expect(lines).toEqual([]);
    expect(await download(release, path, { log })).toBeUndefined();
    expect(lines).toEqual([`${release.url} is unavailable: status 404`]);
  });

  test("of a file with another checksum is removed, and the download that needs the file refuses it", async () => {
    const { release, ended } = await start(file(Buffer.alloc(content.length)));
    await ended;
    expect(await readdir(folder)).toEqual([]);
    await expect(download(release, path, { log })).rejects.toThrow(ChecksumError);
  });

  test("does not begin while another process downloads the file", async () => {
    const lock = await FileLock.take(`${path}.lock`);
    const { ended } = await start(file(content));
    await ended;
    expect(server?.seen).toEqual([]);
    lock?.release({ remove: true });
  });

  test("does not begin if the path has a file", async () => {
    await writeFile(path, "damaged");
    const { ended } = await start(file(content));
    await ended;
    expect(server?.seen).toEqual([]);
  });
});

describe("a small file", () => {
  test("is returned as text, and is undefined if it is missing", async () => {
    server = await serve({ "/small": text("some") });
    expect(await downloadText(`${server.url}/small`)).toBe("some");
    expect(await downloadText(`${server.url}/absent`)).toBeUndefined();
  });

  test("is refused if it is too large", async () => {
    server = await serve({ "/small": text("some") });
    await expect(downloadText(`${server.url}/small`, 3)).rejects.toThrow(
      /small is larger than the expected maximum of 3 bytes/,
    );
    expect(await downloadText(`${server.url}/small`, 4)).toBe("some");
  });
});
