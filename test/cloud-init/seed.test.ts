import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { seedOf } from "../../cloud-init/seed.ts";
import { deriveTopology } from "../../topology.ts";
import { configWith, publicKey } from "../support/settings.ts";

const network = { prefix: 24, gateway: "192.168.222.1", domain: "internal" };
const login = { user: "root", publicKey };
const nodes = (raw: Record<string, string> = {}) => {
  const { master, workers } = deriveTopology(configWith(raw));
  return [master, ...workers];
};

describe("a seed", () => {
  it("is this text for a worker", () => {
    const [, worker] = nodes();
    expect(seedOf(worker!, login, network).files).toMatchSnapshot();
  });

  it("is this text for a node with a static address, and for another user", () => {
    const [master] = nodes({ network: "lab" });
    expect(seedOf(master!, { user: "ops", publicKey }, network).files).toMatchSnapshot();
  });

  it("is the same for the same node and differs between nodes", () => {
    const digests = nodes({ workers: "50" }).map((node) => seedOf(node, login, network).digest);
    expect(new Set(digests).size).toBe(51);
    expect(nodes({ workers: "50" }).map((node) => seedOf(node, login, network).digest)).toEqual(digests);
  });

  it("has another instance-id when its user-data changes", () => {
    const [, worker] = nodes();
    const id = (user: string) =>
      (parse(seedOf(worker!, { user, publicKey }, network).files["meta-data"]) as Record<string, string>)[
        "instance-id"
      ];
    expect(id("root")).not.toBe(id("ops"));
    expect(id("root")).toMatch(/^dev-worker-node-1-[0-9a-f]{12}$/);
  });

  it("has the public key, and no private key, password or token", () => {
    for (const node of nodes()) {
      const text = Object.values(seedOf(node, login, network).files).join("\n");
      expect(text).toContain(publicKey);
      expect(text).not.toMatch(/PRIVATE KEY|token|passwd:|password:/i);
    }
  });
});
