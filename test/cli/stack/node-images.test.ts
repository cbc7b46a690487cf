import { describe, expect, test } from "vitest";
import { imagesOfNodes, imageOfVolume } from "../../../cli/stack/node-images.ts";
import { imageOf, stateOf } from "../roll/stack-state.ts";

const [a, b] = [imageOf("a"), imageOf("b")];

describe("the images of nodes", () => {
  test("are found through the machines and their disks", () => {
    const state = stateOf(a, { master: b, "worker-node-1": undefined, "worker-node-2": a });
    expect(imagesOfNodes(state)).toEqual([
      { node: "master", image: "b".repeat(12) },
      { node: "worker-node-2", image: "a".repeat(12) },
      { node: "worker-node-1", image: undefined },
    ]);
  });

  test("are none before the first up", () => {
    expect(imagesOfNodes(stateOf(undefined, {}))).toEqual([]);
  });

  test("exclude a machine that waits for its deletion", () => {
    const { resources, pending } = stateOf(a, { master: a });
    const old = resources.filter(({ type }) => type.endsWith(":Domain")).map((one) => ({ ...one, delete: true }));
    expect(old).toHaveLength(1);
    expect(imagesOfNodes({ pending, resources: [...resources, ...old] })).toEqual([
      { node: "master", image: "a".repeat(12) },
    ]);
  });
});

describe("the image of a volume", () => {
  const named = (name: string) => ({ urn: "urn:base", type: "libvirt:index/volume:Volume", outputs: { name } });

  test.each(["lab-base-0123456789ab.qcow2", "lab-base-0123456789ab-0123abcd.qcow2"])("is in the name %s", (name) => {
    expect(imageOfVolume(named(name))).toBe("0123456789ab");
  });

  test.each(["lab-master-root", "lab-master-data-0123abcd.qcow2", ""])("is not in the name %j", (name) => {
    expect(imageOfVolume(named(name))).toBeUndefined();
  });

  test("is undefined without a volume", () => {
    expect(imageOfVolume(undefined)).toBeUndefined();
  });
});
