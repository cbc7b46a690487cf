import { describe, expect, it } from "vitest";
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
