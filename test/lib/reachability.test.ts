import { readdirSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, vi } from "vitest";
import type * as Reachability from "../../lib/reachability.ts";
import { test } from "../support/folder.ts";

/** Status that the server answers with, and the requests it got. */
let status = 200;
let requests: string[] = [];
let server: Server;
let url: string;
let reachable: typeof Reachability.reachable;
let reasonOf: typeof Reachability.reasonOf;

beforeAll(async () => {
  server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    response.writeHead(status).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

test.beforeEach(({ folder }) => {
  vi.stubEnv("NODEFORGE_CACHE", folder);
  vi.stubEnv("NODEFORGE_OFFLINE", "");
});
beforeEach(async () => {
  requests = [];
  // Answers are remembered by the module, so each test gets a new one.
  vi.resetModules();
  ({ reachable, reasonOf } = await import("../../lib/reachability.ts"));
});
afterEach(() => vi.unstubAllEnvs());

/** Lines that were logged, as `logDaily` notes them down. */
const logged = (folder: string) => readdirSync(folder, { recursive: true }).filter((path) => path !== "said");

describe("a place on the web", () => {
  test.for([200, 204, 301, 404])("is reachable when it answers %i", async (answer, { folder }) => {
    status = answer;
    expect(await reachable(`${url}/some/file`)).toBe(true);
    expect(requests).toEqual(["HEAD /"]);
    expect(logged(folder)).toEqual([]);
  });

  test.for([403, 407, 500, 502])("is unreachable when it or a proxy answers %i", async (answer, { folder }) => {
    status = answer;
    expect(await reachable(url)).toBe(false);
    expect(logged(folder)).toHaveLength(1);
  });

  test("is unreachable when nothing listens", async () => {
    const unused = createServer();
    await new Promise<void>((resolve) => unused.listen(0, "127.0.0.1", resolve));
    const { port } = unused.address() as AddressInfo;
    await new Promise((resolve) => unused.close(resolve));
    expect(await reachable(`http://127.0.0.1:${port}`)).toBe(false);
  });

  test("is asked once for all its files", async () => {
    status = 200;
    const answers = await Promise.all([reachable(`${url}/one`), reachable(`${url}/two`)]);
    status = 500;
    expect([...answers, await reachable(`${url}/three`)]).toEqual([true, true, true]);
    expect(requests).toHaveLength(1);
  });

  test("is not asked with NODEFORGE_OFFLINE=1", async ({ folder }) => {
    vi.stubEnv("NODEFORGE_OFFLINE", "1");
    expect(await reachable(url)).toBe(false);
    expect(requests).toEqual([]);
    expect(logged(folder)).toEqual([]);
  });
});

describe("the reason of a failed request", () => {
  const timeout = Object.assign(new Error("The operation was aborted"), { name: "TimeoutError" });
  const refused = Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:1"), { code: "ECONNREFUSED" });
  test.for<[string, unknown, string]>([
    ["the code of the innermost error", new Error("fetch failed", { cause: refused }), "ECONNREFUSED"],
    [
      "the one around it, if it has neither code nor message",
      new Error("fetch failed", { cause: new Error("") }),
      "fetch failed",
    ],
    ["its message, without a code", new Error("fetch failed", { cause: new Error("bad port") }), "bad port"],
    ["a time limit in words", timeout, "no answer in time"],
    ["any other value as text", "odd", "odd"],
  ])("is %s", ([, error, reason]) => {
    expect(reasonOf(error)).toBe(reason);
  });
});
