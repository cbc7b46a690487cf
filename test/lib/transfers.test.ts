import { randomBytes } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, vi } from "vitest";
import { download, downloadEarly } from "../../lib/download.ts";
import { TransferQueue, type Transfer } from "../../lib/transfers.ts";
import { serve, sha256, type Answer, type ReleaseServer } from "./release-server.ts";
import { test } from "../support/folder.ts";

describe("a queue of transfers", () => {
  /** Transfers that end when the test ends them, and the names of those that have begun. */
  function held() {
    const begun: string[] = [];
    const ends = new Map<string, () => void>();
    const transfer = (name: string): Transfer => ({
      name,
      fetch: () => {
        begun.push(name);
        return new Promise<void>((resolve) => ends.set(name, resolve));
      },
    });
    const end = async (name: string) => {
      ends.get(name)?.();
      await sleep(0);
    };
    return { begun, transfer, end };
  }

  test("begins transfers in their order, and two at a time", async () => {
    const { begun, transfer, end } = held();
    const queue = new TransferQueue(2);
    queue.add(transfer("a"), transfer("b"), transfer("c"));
    queue.add(transfer("d"));
    expect(begun).toEqual(["a", "b"]);
    await end("b");
    expect(begun).toEqual(["a", "b", "c"]);
    await end("a");
    expect(begun).toEqual(["a", "b", "c", "d"]);
  });

  test("begins a name once", async () => {
    const { begun, transfer, end } = held();
    const queue = new TransferQueue(2);
    queue.add(transfer("a"), transfer("a"));
    await end("a");
    queue.add(transfer("a"));
    expect(begun).toEqual(["a"]);
    await queue.settle();
  });

  test("goes on after a failure, which is silent", async () => {
    const { begun, transfer, end } = held();
    const queue = new TransferQueue(1);
    queue.add({ name: "broken", fetch: () => Promise.reject(new Error("no network")) }, transfer("a"));
    await sleep(0);
    expect(begun).toEqual(["a"]);
    await end("a");
    await queue.settle();
  });

  test("aborts its transfers when it stops, and begins no other", async () => {
    const { begun, transfer } = held();
    let aborted = 0;
    const endless: Transfer = {
      name: "endless",
      fetch: (signal) => new Promise((resolve) => signal.addEventListener("abort", () => resolve(++aborted))),
    };
    const queue = new TransferQueue(1);
    queue.add(endless, transfer("a"));
    await queue.stop();
    queue.add(transfer("b"));
    expect([aborted, begun]).toEqual([1, []]);
  });
});

describe("the early downloads of a machine without any program", () => {
  // Megabytes of the files in the order of need, each as a kilobyte.
  const sizes = { "/pulumi": 100, "/libvirt-plugin": 202, "/fallback-plugins": 64, "/node.qcow2": 391 };
  const paths = Object.keys(sizes) as (keyof typeof sizes)[];
  const contents = Object.fromEntries(paths.map((path) => [path, randomBytes(sizes[path] * 1000)]));

  /** Begins and ends of the files that the server sends. */
  let events: string[];
  let server: ReleaseServer;
  const releaseOf = (path: string) => ({ url: `${server.url}${path}`, sha256: sha256(contents[path]!), maximum: 1e6 });

  /** Sends a file with the same rate for each connection. */
  const throttled =
    (path: string): Answer =>
    (_, response) => {
      const content = contents[path]!;
      events.push(`begin ${path}`);
      response.writeHead(200, { "content-length": content.length });
      let sent = 0;
      const timer = setInterval(() => {
        response.write(content.subarray(sent, (sent += 4000)));
        if (sent < content.length) return;
        clearInterval(timer);
        events.push(`end ${path}`);
        response.end();
      }, 2);
      response.on("close", () => clearInterval(timer));
    };

  test.beforeEach(async () => {
    vi.stubEnv("NODEFORGE_OFFLINE", "");
    events = [];
    server = await serve(Object.fromEntries(paths.map((path) => [path, throttled(path)])));
  });

  afterEach(async () => {
    vi.unstubAllEnvs();
    await server.close();
  });

  const transfers = (folder: string) =>
    paths.map((path) => ({
      name: path,
      fetch: (signal: AbortSignal) => downloadEarly(releaseOf(path), join(folder, path), signal),
    }));

  test("keep two connections busy until the last file, in the order of need", async ({ folder }) => {
    const queue = new TransferQueue(2);
    queue.add(...transfers(folder));
    await queue.settle();
    const open = events.map((_, index) => {
      const until = events.slice(0, index + 1);
      return until.filter((event) => event.startsWith("begin")).length * 2 - until.length;
    });
    expect(Math.max(...open)).toBe(2);
    // The archive is the smaller one of the first two files. The modules that follow it arrive beside the other one.
    expect(events.slice(0, 2).sort()).toEqual(["begin /libvirt-plugin", "begin /pulumi"]);
    expect(events.slice(2, 4)).toEqual(["end /pulumi", "begin /fallback-plugins"]);
    expect(events.filter((event) => event.startsWith("begin")).at(-1)).toBe("begin /node.qcow2");
    expect(events).toHaveLength(2 * paths.length);
    expect((await readdir(folder)).sort()).toEqual(paths.map((path) => path.slice(1)).sort());
  });

  test("are not requested again by the steps that need them", async ({ folder }) => {
    const queue = new TransferQueue(2);
    queue.add(...transfers(folder));
    for (const path of paths) expect(await download(releaseOf(path), join(folder, path))).toBe(join(folder, path));
    await queue.settle();
    expect(server.seen.map(({ path }) => path).sort()).toEqual([...paths].sort());
  });
});
