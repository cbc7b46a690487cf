import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { deriveTopology } from "../../topology.ts";
import { ConfigError } from "../../config/problems.ts";
import { configWith } from "../support/settings.ts";
import { bad } from "./bad-config.ts";
import { good, itemKeysWithoutValue, keysWithoutValue, rawOf } from "./good-config.ts";
import { holds } from "./runs.ts";

describe("the generator of configurations", () => {
  it("gives every declared key a value", () => {
    expect(keysWithoutValue()).toEqual([]);
    expect(itemKeysWithoutValue()).toEqual([]);
  });
});

describe("a good configuration", () => {
  it("is accepted, and each node gets a name, an address and a MAC address of its own", () => {
    holds(
      fc.property(good, (config) => {
        const { master, workers } = deriveTopology(configWith(rawOf(config)));
        const nodes = [master, ...workers];
        for (const key of ["name", "fqdn", "resourceName", "domainName", "mac"] as const) {
          expect(new Set(nodes.map((node) => node[key])).size, key).toBe(nodes.length);
        }
        const addresses = nodes.flatMap(({ address }) => address ?? []);
        expect(new Set(addresses).size).toBe(addresses.length);
        for (const { fqdn, name } of nodes) {
          expect(fqdn.length).toBeLessThanOrEqual(253);
          expect(name).toMatch(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
        }
      }),
      { runs: 60 },
    );
  }, 120_000);
});

describe("a bad configuration", () => {
  it("is refused by one error, which names each wrong key once and no other", () => {
    holds(
      fc.property(bad, ({ raw, named }) => {
        const error = refusalOf(raw);
        expect(error.problems.map(({ key }) => key).sort()).toEqual([...named].sort());
        const [first, ...lines] = error.message.split("\n");
        expect(first).toBe("The stack's configuration cannot be used; nothing was created.");
        expect(lines).toHaveLength(named.length);
        for (const line of lines) expect(line).toMatch(/^ {2}\S.*: expected .+, got ./);
        // eslint-disable-next-line no-control-regex -- a terminal would obey them
        expect(error.message).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
      }),
      { runs: 200 },
    );
  }, 120_000);
});

function refusalOf(raw: Readonly<Record<string, string>>): ConfigError {
  try {
    configWith(raw);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error("the configuration is accepted");
}
