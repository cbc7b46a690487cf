import { describe, expect, onTestFinished, test } from "vitest";
import { Connection, repeated, Refusal, type StoredObject } from "../../lib/api-server.ts";
import { FakeApiServer } from "../cli/bench/run/fake-api-server.ts";

const node = "/api/v1/nodes/a";

async function connected(token?: string) {
  const fake = await FakeApiServer.start();
  const connection = new Connection(fake.server, token === undefined ? {} : { token });
  onTestFinished(() => connection[Symbol.dispose]());
  return { fake, connection };
}

/** Refuses the first requests with these statuses. */
function refuseOnce(fake: FakeApiServer, ...statuses: number[]): void {
  fake.refuse = () => statuses.shift();
}

describe("a connection", () => {
  test.each([["secret"], [undefined]])("sends the token %s", async (token) => {
    const { fake, connection } = await connected(token);
    fake.put(node);
    expect(await connection.send("GET", node)).toEqual({ metadata: { name: "a" } });
    expect(fake.tokens).toEqual([token]);
  });

  test("accepts megabytes ahead of its reader, so that a busy process ends no watch", async () => {
    const { fake, connection } = await connected();
    fake.put(node);
    await connection.send("GET", node);
    const [[stream, all] = [], ...others] = fake.windows;
    expect([stream, others]).toEqual([4 * 2 ** 20, []]);
    expect(all).toBeGreaterThan(60 * 2 ** 20);
  });

  test("creates, reads and deletes an object", async () => {
    const { fake, connection } = await connected();
    expect(await connection.exists(node)).toBe(false);
    await connection.send("POST", "/api/v1/nodes", { metadata: { name: "a" } });
    expect(await connection.exists(node)).toBe(true);
    await connection.send("DELETE", node);
    expect(fake.names("/api/v1/nodes")).toEqual([]);
  });

  test.each([429, 500, 503, 504])("sends a request again after status %d, and counts it", async (status) => {
    const { fake, connection } = await connected();
    refuseOnce(fake, status);
    const before = repeated.requests;
    await connection.send("GET", "/api/v1/nodes");
    expect(fake.requests).toEqual(["GET /api/v1/nodes", "GET /api/v1/nodes"]);
    expect(repeated.requests).toBe(before + 1);
  });

  test.each([400, 401, 403, 404, 409, 422])("reports status %d at once", async (status) => {
    const { fake, connection } = await connected();
    refuseOnce(fake, status);
    const error = await connection.send("GET", node).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Refusal);
    expect(error).toMatchObject({ status, message: `GET ${node}: ${status} {}` });
    expect(fake.requests).toHaveLength(1);
  });

  test("tells a missing object from a refusal", async () => {
    const { fake, connection } = await connected();
    refuseOnce(fake, 403);
    await expect(connection.exists(node)).rejects.toThrow("403");
  });

  test("connects again where the server has also ended it", async () => {
    const { fake, connection } = await connected();
    refuseOnce(fake, 429, 429, 429);
    const before = repeated.requests;
    const pending = connection.send("GET", "/api/v1/nodes");
    // The third pause has 400 ms.
    await expect.poll(() => repeated.requests, { interval: 5 }).toBe(before + 3);
    fake.breakConnections();
    expect(await pending).toMatchObject({ items: [] });
    expect(fake.requests).toHaveLength(4);
  });

  test("connects again for the next request where the server has ended it without one", async () => {
    const { fake, connection } = await connected();
    await connection.send("GET", "/api/v1/nodes");
    await fake.closeConnections();
    fake.put("/api/v1/namespaces/default/pods/a");
    expect(await connection.exists("/api/v1/namespaces/default/pods/a")).toBe(true);
    await fake.closeConnections();
    const { value } = await connection.watch("/api/v1/pods?watch=true&resourceVersion=0").next();
    expect(value).toMatchObject({ type: "ADDED" });
  });

  test("that was disposed of does not connect again", async () => {
    const { fake, connection } = await connected();
    await connection.send("GET", "/api/v1/nodes");
    connection[Symbol.dispose]();
    await expect(connection.send("GET", "/api/v1/nodes")).rejects.toThrow("destroyed");
    expect(fake.requests).toHaveLength(1);
  });

  test("that breaks fails the requests under way, and no later one", async () => {
    const { fake, connection } = await connected();
    fake.refuse = () => 0;
    const pending = connection.send("GET", node);
    await expect.poll(() => fake.requests).toHaveLength(1);
    fake.breakConnections();
    await expect(pending).rejects.toThrow("the connection to the API server ended");
    fake.refuse = () => undefined;
    expect(await connection.exists(node)).toBe(false);
  });
});

describe("a watch", () => {
  const path = "/api/v1/pods?watch=true&resourceVersion=0";
  const pod = "/api/v1/namespaces/default/pods/";

  test("returns past and new events in order, and ends with the server's", async () => {
    const { fake, connection } = await connected();
    fake.put(`${pod}a`);
    const seen: string[] = [];
    for await (const { type, object } of connection.watch(path)) {
      seen.push(`${type} ${object.metadata.name}`);
      if (seen.length === 1) fake.put(`${pod}b`);
      if (seen.length === 2) fake.put(`${pod}b`);
      if (seen.length === 3) fake.endWatches();
    }
    expect(seen).toEqual(["ADDED a", "ADDED b", "MODIFIED b"]);
  });

  test("waits for a value", async () => {
    const { fake, connection } = await connected();
    const found = connection.waitFor(path, ({ metadata }: StoredObject) =>
      metadata.name === "b" ? metadata.namespace : undefined,
    );
    fake.put(`${pod}a`);
    fake.put(`${pod}b`);
    expect(await found).toBe("default");
  });

  test("that ends before the value is an error", async () => {
    const { fake, connection } = await connected();
    const found = connection.waitFor(path, () => undefined);
    await expect.poll(() => fake.requests).toHaveLength(1);
    fake.endWatches();
    await expect(found).rejects.toThrow(`the watch of ${path} ended`);
  });

  test("may stay open unread until the connection ends", async () => {
    const { fake, connection } = await connected();
    connection.keepWatching(path);
    await expect.poll(() => fake.watching).toBe(1);
    fake.put(`${pod}a`);
    connection[Symbol.dispose]();
    await expect.poll(() => fake.watching).toBe(0);
  });
});
