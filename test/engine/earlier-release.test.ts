import { describe, expect, it } from "vitest";
import { withScriptTexts } from "./earlier-commands.ts";
import { TestStack } from "./stack.ts";

/** Removes the cluster's id from base images, seed disks and networks, as earlier releases named them. */
const withoutId = (text: string) =>
  text
    .replaceAll(/((?:base|seed)-[0-9a-f]{12})-[0-9a-f]{8}\./g, "$1.")
    .replaceAll(/(urn:nodeforge:cluster.{1,12}lab), [0-9a-f-]{36}/g, "$1");

describe("a cluster whose volumes and network have no id", () => {
  it("keeps their names, and new volumes get the id", async () => {
    await using stack = await TestStack.create({ workers: 1 });
    const first = await stack.up();
    expect(first.succeeded, first.text).toBe(true);
    await stack.rewrite(withoutId);
    const paths = () => stack.world.ofKind("Volume").map(({ taken }) => taken.split("/").at(-1) ?? "");
    const old = paths();
    expect(old.filter((name) => /-(base|seed)-[0-9a-f]{12}\.(qcow2|iso)$/.test(name))).toHaveLength(3);
    const mark = () => /<metadata>.*<\/metadata>/.exec(JSON.stringify(stack.world.ofKind("Network")))?.[0];
    expect(mark()).toMatch(/>lab<\//);

    const preview = await stack.preview();
    expect(preview.succeeded, preview.text).toBe(true);
    expect(preview.steps).toEqual([]);
    const { calls, surprises } = await stack.change({ workers: 2 });
    expect(surprises).toEqual([]);
    expect(calls.list.filter((call) => /^(delete|update) (Volume|Network|Domain)/.test(call))).toEqual([]);
    expect(paths()).toEqual(expect.arrayContaining(old));
    const fresh = paths().filter((name) => !old.includes(name));
    expect(fresh.filter((name) => /^lab-worker-node-2-seed-[0-9a-f]{12}-[0-9a-f]{8}\.iso$/.test(name))).toHaveLength(1);
    expect(mark()).toMatch(/>lab<\//);
    expect(await stack.drift()).toEqual([]);
  });
});

describe("a cluster whose state has the texts of its scripts", () => {
  /** Creates a cluster as an earlier release did: no node has an installed script. */
  const earlier = async () => {
    const stack = await TestStack.create({ workers: 2 });
    const first = await stack.up();
    expect(first.succeeded, first.text).toBe(true);
    await stack.rewrite(withScriptTexts);
    stack.guests.uninstall();
    return stack;
  };

  it("gets installed scripts by updates, which replace nothing and let no worker leave", async () => {
    await using stack = await earlier();
    const preview = await stack.preview();
    expect(preview.succeeded, preview.text).toBe(true);
    const operations = new Set(preview.steps.map(({ op }) => op));
    expect([...operations]).toEqual(["update"]);
    // The results of the steps are unknown until they have run again, so the preview also shows updates of add-ons.

    const { calls } = await stack.up();
    expect(calls.list.filter((call) => !call.startsWith("update Command "))).toEqual([]);
    expect(calls.list.filter((call) => call.endsWith("-host-key"))).toHaveLength(3);
    expect(stack.guests.nodeList()).toMatchObject({ items: [{}, {}, {}] });
    expect((await stack.preview()).steps).toEqual([]);
    expect(await stack.drift()).toEqual([]);
  });

  it("loses a worker by the script in the state", async () => {
    await using stack = await earlier();
    const { succeeded, text, calls } = await stack.up({ workers: 1 });
    expect(succeeded, text).toBe(true);
    expect(calls.list.filter((call) => call.startsWith("delete Command "))).toContain(
      "delete Command worker-node-2-token",
    );
    expect(stack.guests.nodeList()).toMatchObject({ items: [{}, {}] });
    expect(stack.guests.givenBack).toHaveLength(1);
    expect((await stack.preview()).steps).toEqual([]);
  });
});
