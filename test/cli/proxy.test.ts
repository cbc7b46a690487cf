import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { pathToFileURL } from "node:url";
import { execa } from "execa";
import { describe, expect, onTestFinished, test } from "vitest";
import { spares } from "../../config/proxy.ts";
import { inCheckout } from "../../lib/checkout.ts";
import { proxyExceptions, directHosts } from "../../cli/proxy.ts";
import { problemsOf, surroundings } from "../support/settings.ts";
import { settingsOf } from "./stack/stack-settings.ts";

/** URL of a proxy that does not answer. */
const dead = "http://127.0.0.1:9";

describe("the nodes", () => {
  test("are reached without a proxy: the control plane by its address, all by their range", () => {
    const networkCidr = "192.168.222.0/24";
    expect(directHosts(settingsOf({ networkCidr }))).toEqual(["192.168.222.10", networkCidr]);
    expect(directHosts(settingsOf({ networkCidr, masterAddress: "192.168.222.7" }))).toEqual([
      "192.168.222.7",
      networkCidr,
    ]);
    expect(directHosts(settingsOf({ networkCidr: "wrong" }))).toEqual([]);
  });

  test("are added to the user's own exceptions, under both names", () => {
    const own = { HTTPS_PROXY: dead, NO_PROXY: "a.example, b.example", no_proxy: "b.example,c.example" };
    const all = "a.example,b.example,c.example,192.168.222.10";
    expect(proxyExceptions(["192.168.222.10"], own)).toEqual({ NO_PROXY: all, no_proxy: all });
    expect(proxyExceptions(["192.168.222.10"], { ...own, NO_PROXY: all, no_proxy: all })).toEqual({
      NO_PROXY: all,
      no_proxy: all,
    });
    expect(proxyExceptions(["n"], { https_proxy: dead })).toEqual({ NO_PROXY: "n", no_proxy: "n" });
  });

  test("need no exception where there is no proxy", () => {
    expect(proxyExceptions(["192.168.222.10"], { NO_PROXY: "a" })).toEqual({});
  });
});

describe("a program of this project behind a dead proxy", () => {
  test("connects to the API server directly, also without exceptions in the environment", async () => {
    const server = createServer((_, response) => response.end("pods")).listen(0, "127.0.0.1");
    onTestFinished(() => void server.close());
    await new Promise((resolve) => server.once("listening", resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const ask = async (program: string) => {
      const { stdout, exitCode } = await execa(process.execPath, ["--input-type=module", "--eval", program], {
        env: {
          NODE_USE_ENV_PROXY: "1",
          HTTP_PROXY: dead,
          HTTPS_PROXY: dead,
          http_proxy: dead,
          NO_PROXY: "",
          no_proxy: "",
        },
        reject: false,
      });
      return [exitCode, stdout];
    };
    const module = pathToFileURL(inCheckout("lifecycle", "kubernetes-api.ts")).href;
    const kubeconfig = JSON.stringify({ clusters: [{ cluster: { server: url } }], users: [{ user: {} }] });
    const get = `import { getFromCluster } from ${JSON.stringify(module)};
      console.log(await getFromCluster(${JSON.stringify(kubeconfig)}, "/api"));`;
    expect(await ask(get)).toEqual([0, "pods"]);
    // The same request as Node makes it by default goes to the proxy, so the test proves something.
    const plain = `import { get } from "node:http"; get(${JSON.stringify(url)}).on("error", () => process.exit(7));`;
    expect((await ask(plain))[0]).toBe(7);
  });

  test("refuses to begin where the engine's providers would ask the proxy for the API server", () => {
    const changed = (environment: object) => ({ environment: { ...surroundings.environment, ...environment } });
    expect(problemsOf({}, changed({ HTTPS_PROXY: dead, NO_PROXY: "a" }))).toEqual([
      {
        key: "NO_PROXY",
        expected: "192.168.222.10 in the list, because HTTPS_PROXY is set and the nodes are reached without a proxy",
        given: '"a"',
      },
    ]);
    expect(() => problemsOf({}, changed({ HTTPS_PROXY: dead, NO_PROXY: "a,192.168.222.0/24" }))).toThrow(
      "to be refused",
    );
    expect(() => problemsOf({}, changed({ https_proxy: dead, no_proxy: "192.168.222.10" }))).toThrow("to be refused");
    expect(() => problemsOf({}, changed({ NO_PROXY: "a" }))).toThrow("to be refused");
  });
});

test.each([
  ["*", true],
  ["192.168.222.10", true],
  ["192.168.222.10:6443", true],
  ["a.example, 192.168.0.0/16", true],
  ["192.168.221.0/24", false],
  ["192.168.222.1", false],
  ["", false],
])("the exceptions %j have the address: %s", (list, expected) => {
  expect(spares(list, "192.168.222.10")).toBe(expected);
});
