import { afterEach, expect, test, vi } from "vitest";
import { nodeImageTransfers } from "../../cli/early-downloads.ts";

afterEach(() => void vi.unstubAllEnvs());

/** Names of the transfers of a stack. */
function namesOf(image: string, pools: readonly Readonly<Record<string, unknown>>[] = []): readonly string[] {
  const get = (key: string) => (key === "image" ? image : "");
  return nodeImageTransfers({ get, objects: () => pools }).map(({ name }) => name);
}

const built = "modules of the node image";

test("the node images that a stack names by URL are transfers, and those of this machine are not", () => {
  const pools = [
    { name: "a", image: "https://example.test/a.qcow2" },
    { name: "b", image: "./b.qcow2" },
    { name: "c" },
  ];
  expect(namesOf("https://example.test/node.qcow2", pools)).toEqual([
    "https://example.test/node.qcow2",
    "https://example.test/a.qcow2",
    built,
  ]);
  expect(namesOf("/images/node.qcow2")).toEqual([built]);
});

test("the image of a stack that names none is built from modules", () => {
  expect(namesOf("")).toEqual([built]);
});
