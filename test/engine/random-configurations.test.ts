import { describe, expect, it } from "vitest";
import { deriveTopology } from "../../topology.ts";
import { bad } from "../properties/bad-config.ts";
import { good, rawOf } from "../properties/good-config.ts";
import { samplesOf } from "../properties/runs.ts";
import { configWith, imagePath, sshKeyPath } from "../support/settings.ts";
import { TestStack, type Step } from "./stack.ts";
import type { Thing } from "./things.ts";

/** The nightly workflow has thirty times as many cases. */
const limit = 3_600_000;

const createsDomain = ({ op, urn }: Step) => op === "create" && urn.includes("libvirt:index/domain:Domain::");

/** Existing objects that a configuration uses. */
function usedBy({ network, storagePool }: Readonly<Record<string, string>>): readonly Thing[] {
  const thing = (type: string, taken = "") =>
    taken === "" ? [] : [{ urn: "", type: `libvirt:index/${type}`, id: taken, taken, properties: {} }];
  return [...thing("network:Network", network), ...thing("pool:Pool", storagePool)];
}

/** Returns a configuration whose plan does not depend on this machine. */
function independent(raw: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return {
    ...raw,
    image: imagePath,
    sshPublicKey: `${sshKeyPath}.pub`,
    // A pool of the cluster's own would be in a file system of this machine, which may be too small.
    ...(raw.storagePool ? {} : { libvirtUri: "qemu+tls://host:1/system" }),
  };
}

describe("a good configuration", () => {
  it("is planned with a domain for each node, and the preview creates nothing", { timeout: limit }, async () => {
    await using stack = await TestStack.create();
    for (const [name, config] of samplesOf(good, { runs: 10 })) {
      const raw = independent(rawOf(config));
      const { workers } = deriveTopology(configWith(raw));
      const used = usedBy(raw);
      for (const thing of used) stack.world.add(thing, false);
      stack.settings = raw;
      const { succeeded, text, steps, calls } = await stack.preview();
      expect(succeeded, `${name}: ${JSON.stringify(raw)}\n${text}`).toBe(true);
      expect(steps.filter(createsDomain), name).toHaveLength(workers.length + 1);
      expect(calls.list, name).toEqual([]);
      expect([...stack.world.things], name).toEqual(used);
      for (const thing of used) stack.world.drop(thing);
    }
  });
});

describe("a bad configuration", () => {
  it(
    "is refused by one error that names each wrong key, and no call reaches a plugin",
    { timeout: limit },
    async () => {
      await using stack = await TestStack.create();
      // Pulumi itself refuses other keys before the program runs.
      const isKey = (key: string) => /^\w+$/.test(key) && key !== "__proto__";
      const cases = bad.filter(({ raw }) => Object.keys(raw).every(isKey));
      for (const [name, { raw, named }] of samplesOf(cases, { runs: 5 })) {
        stack.settings = raw;
        const { succeeded, text, calls } = await stack.up();
        const about = `${name}: ${JSON.stringify(raw)}\n${text}`;
        expect([succeeded, calls.list], about).toEqual([false, []]);
        // Before the diagnostics, the engine shows the beginning of the same error.
        const [, diagnostics = ""] = text.split("Diagnostics:");
        expect(diagnostics.match(/^ *error: .*/gm), about).toEqual([
          "    error: The stack's configuration cannot be used; nothing was created.",
        ]);
        const keys = [...diagnostics.matchAll(/^ +nodeforge:(.*?): expected .+, got ./gm)].map(([, key = ""]) => key);
        expect(keys.sort(), about).toEqual([...named].sort());
      }
      expect([...stack.world.things]).toEqual([]);
    },
  );
});
