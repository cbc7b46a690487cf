import { describe, expect, test } from "vitest";
import { removeNamespaces, testNamespaces } from "./namespaces.ts";

/** A cluster with namespaces of tests. Each list shows a deletion that came before the last list. */
function cluster(names: readonly string[], ends = true) {
  const calls: string[] = [];
  let present = [...names];
  let ending: readonly string[] = [];
  const ask = (...args: readonly string[]) => {
    calls.push(args.join(" "));
    if (args[0] === "delete") {
      ending = args.slice(4);
      return Promise.resolve("");
    }
    const answer = present.map((name) => `namespace/${name}\n`).join("");
    if (ends) present = present.filter((name) => !ending.includes(name));
    return Promise.resolve(answer);
  };
  return { ask, calls };
}

const list = "get namespaces --selector e2e-run --output name";

describe("the namespaces of the tests", () => {
  test("are those with the label of a run", async () => {
    const { ask, calls } = cluster(["secrets-1", "watch-2"]);
    expect(await testNamespaces(ask)).toEqual(["secrets-1", "watch-2"]);
    expect(calls).toEqual([list]);
  });

  test("are none where the cluster has none", async () => {
    expect(await testNamespaces(cluster([]).ask)).toEqual([]);
  });
});

describe("the removal", () => {
  const quick = { limit: 30_000, interval: 1 };

  test("deletes the namespaces of this run, and waits until they are gone", async () => {
    const { ask, calls } = cluster(["other-1", "secrets-1", "watch-2"]);
    expect(await removeNamespaces(ask, ["other-1"], quick)).toEqual([]);
    expect(calls.filter((call) => call.startsWith("delete"))).toEqual(
      Array(2).fill("delete namespace --ignore-not-found --wait=false secrets-1 watch-2"),
    );
  });

  test("deletes nothing where nothing is left", async () => {
    const { ask, calls } = cluster(["other-1"]);
    expect(await removeNamespaces(ask, ["other-1"], quick)).toEqual([]);
    expect(calls).toEqual([list]);
  });

  test("names what still exists at its limit", async () => {
    const { ask } = cluster(["secrets-1"], false);
    expect(await removeNamespaces(ask, [], { limit: 0, interval: 5 })).toEqual(["secrets-1"]);
  });
});
