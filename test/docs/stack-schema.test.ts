import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Ajv, type ErrorObject } from "ajv";
import { describe, expect, it, test } from "vitest";
import { parse } from "yaml";
import { readPoolSchema, readSchema, readSimulatedSchema } from "../../config/schema.ts";
import file from "../../docs/stack.schema.json" with { type: "json" };
import { stackSchema } from "../../docs/stack-schema.ts";
import { inCheckout } from "../../lib/checkout.ts";
import { readPages } from "../support/documented-commands.ts";
import { problemsOf } from "../support/settings.ts";
import { exampleStacks, readStackFile } from "../support/stack-files.ts";

const validate = new Ajv({ allErrors: true, allowUnionTypes: true, strict: true }).compile(file);

/** Paths in a stack's file that the schema refuses. */
function refusals(document: unknown): readonly string[] {
  validate(document);
  return [...new Set((validate.errors ?? []).map(({ instancePath }: ErrorObject) => instancePath))];
}

const isAccepted = (config: object) => refusals({ config }).length === 0;

/** Text of a value as Pulumi passes it to the program. */
const textOf = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value));

describe("docs/stack.schema.json", () => {
  it("is the schema of the code (`npm run docs` writes it)", () => {
    expect(file).toEqual(stackSchema());
  });

  it("has every declared key with its description, and no other", () => {
    const { config } = file.properties;
    const keys: Readonly<Record<string, { readonly description: string }>> = config.properties;
    expect(Object.keys(keys)).toEqual([...readSchema().keys()].map((key) => `nodeforge:${key}`));
    for (const [key, { description }] of readSchema()) {
      expect(keys[`nodeforge:${key}`]?.description, key).toBe(description);
    }
    const [pools] = config.properties["nodeforge:workerPools"].anyOf;
    const [simulated] = config.properties["nodeforge:simulatedNodes"].anyOf;
    expect(Object.keys(pools?.items?.properties ?? {})).toEqual([...readPoolSchema().keys()]);
    expect(Object.keys(simulated?.items?.properties ?? {})).toEqual([...readSimulatedSchema().keys()]);
  });

  test.each([
    ["a range of both ends", "nodeforge:masterVcpus", { minimum: 2, maximum: 255 }],
    ["a range that starts below 0", "nodeforge:drainGraceSeconds", { minimum: -1, maximum: 14400 }],
  ] as const)("has %s", (_, key, range) => {
    expect(file.properties.config.properties[key].anyOf[0]).toEqual({ type: "integer", ...range });
  });

  test.each([
    ["nodeforge:domainType", ["auto", "kvm", "qemu"]],
    ["nodeforge:workerAddressing", ["dhcp", "static"]],
    ["nodeforge:drainPolicy", ["fail", "force"]],
  ] as const)("has the words of %s", (key, words) => {
    expect(file.properties.config.properties[key].enum).toEqual(words);
  });

  it("has a range for each whole number", () => {
    const integers: unknown[] = [];
    JSON.stringify(file, (_, value: unknown) => {
      const { type } = (value ?? {}) as { type?: unknown };
      if (type === "integer") integers.push(Object.keys(value as object));
      return value;
    });
    expect(integers.length).toBeGreaterThan(20);
    for (const keys of integers) expect(keys).toEqual(["type", "minimum", "maximum"]);
  });
});

describe("a stack of the checkout", () => {
  const stacks = [readStackFile("Pulumi.dev.yaml"), ...exampleStacks];

  it.each(stacks)("$path is valid, and names the schema for editors", ({ path, text }) => {
    expect(refusals(parse(text))).toEqual([]);
    const [, named = ""] = /^# yaml-language-server: \$schema=(\S+)\n/.exec(text) ?? [];
    expect(join(dirname(path), named)).toBe("docs/stack.schema.json");
  });
});

describe("a stack in a page", () => {
  const stacks = readPages((text) =>
    [...text.matchAll(/^( *)```yaml\n(?= *config:)([\s\S]*?)^ *```$/gm)].map(([, , block = ""]) => block),
  ).map(({ page, command }) => ({ page, text: command }));

  test("is among many", () => {
    expect(stacks.length).toBeGreaterThan(5);
  });

  test.each(stacks)("$page is valid: $text", ({ text }) => {
    expect(refusals(parse(text))).toEqual([]);
  });
});

describe("the schema refuses", () => {
  const pool = { name: "small", count: 1 };
  test.each<[key: string, wrong: unknown, right: unknown]>([
    ["workers", "three", 3],
    ["workers", 2.5, "3"],
    ["workers", -1, 0],
    ["workers", 5001, 100],
    ["masterMemoryMiB", 1699, 1700],
    ["smokeCheck", "yes", "true"],
    ["smokeCheck", 1, false],
    ["domainType", "xen", "kvm"],
    ["drainPolicy", "FAIL", "force"],
    ["workerLabels", "disk=ssd", ["disk=ssd"]],
    ["workerLabels", [1], '["disk=ssd"]'],
    ["workerKubelet", "maxPods", { maxPods: 200 }],
    ["workerKubelet", ["maxPods"], '{"maxPods": 200}'],
    ["featureGates", { lowerCase: true }, { UpperCase: "true" }],
    ["featureGates", { UpperCase: "yes" }, { UpperCase: false }],
    ["controlPlaneArguments", { kubelet: {} }, { etcd: { "quota-backend-bytes": 8589934592 } }],
    ["controlPlaneArguments", { etcd: { "quota-backend-bytes": [1] } }, { scheduler: { v: 2 } }],
    ["workerPools", "small", [pool]],
    ["workerPools", ["small"], [{ ...pool, count: "1" }]],
    ["workerPools", [{ count: 1 }], [{ ...pool, vcpus: 255 }]],
    ["workerPools", [{ name: "small" }], [{ ...pool, labels: ["disk=ssd"] }]],
    ["workerPools", [{ ...pool, name: 5 }], [{ ...pool, namePrefix: "node" }]],
    ["workerPools", [{ ...pool, vcpu: 2 }], [{ ...pool, kubelet: { maxPods: 20 } }]],
    ["workerPools", [{ ...pool, memoryMiB: 1 }], [{ ...pool, memoryMiB: 768 }]],
    ["simulatedNodes", [{ ...pool, memory: 1 }], [{ ...pool, memoryMiB: 1 }]],
    ["simulatedNodes", [{ ...pool, zones: "a" }], [{ ...pool, zones: ["a"] }]],
    ["simulatedNodes", [{ ...pool, cpu: 1025 }], [{ ...pool, cpu: 1024 }]],
    ["wrokers", 3, undefined],
  ])("%s = %j as the program does, and both accept %j", (key, wrong, right) => {
    expect(isAccepted({ [`nodeforge:${key}`]: wrong })).toBe(false);
    expect(problemsOf({ [key]: textOf(wrong) }).some((problem) => problem.key.startsWith(key))).toBe(true);
    if (right === undefined) return;
    expect(refusals({ config: { [`nodeforge:${key}`]: right } })).toEqual([]);
    expect(() => problemsOf({ [key]: textOf(right) })).toThrow("to be refused");
  });

  const samples = [
    "",
    "x",
    '["a", 1]',
    '["a"',
    "[{}, 1",
    "1",
    "true",
    7,
    1.5,
    true,
    ["a"],
    [1],
    [{}],
    {},
    { a: 1 },
    "[1]",
    "{}",
  ];

  test.each(samples)("each key that the program refuses for the type of %j", (sample) => {
    const type = /^(a string|a whole number|true or false|a list of (strings|objects)|an object)$/;
    const typeErrors = (raw: Record<string, string>) =>
      problemsOf(raw).flatMap(({ key, expected }) => (type.test(expected) ? [key] : []));
    const keys = [...readSchema().keys()];
    const wrong = typeErrors(Object.fromEntries(keys.map((key) => [key, textOf(sample)])));
    const accepted = wrong.filter((key) => !key.includes("[") && isAccepted({ [`nodeforge:${key}`]: sample }));
    expect(accepted).toEqual([]);

    for (const [list, schema] of Object.entries({
      workerPools: readPoolSchema(),
      simulatedNodes: readSimulatedSchema(),
    })) {
      const object = Object.fromEntries([...schema.keys()].map((key) => [key, sample]));
      const inList = typeErrors({ [list]: JSON.stringify([object]) }).map((key) => key.replace(`${list}[0].`, ""));
      const path = (key: string) => `/config/nodeforge:${list}/0/${key}`;
      const refused = refusals({ config: { [`nodeforge:${list}`]: [object] } });
      expect(
        inList.filter((key) => !refused.includes(path(key))),
        list,
      ).toEqual([]);
    }
  });

  it("a key without the project's namespace, and another part of the file", () => {
    expect(refusals({ config: { workers: 2 } })).toEqual(["/config"]);
    expect(refusals({ konfig: {} })).toEqual([""]);
  });

  it("no key of another namespace, and nothing that Pulumi writes", () => {
    const config = { "libvirt:uri": "qemu:///system", "other:password": { secure: "v1:x" } };
    expect(refusals({ config, encryptionsalt: "v1:salt", secretsprovider: "awskms://alias/key" })).toEqual([]);
  });
});

it("every default of Pulumi.yaml is valid", () => {
  const { config } = parse(readFileSync(inCheckout("Pulumi.yaml"), "utf8")) as {
    config: Readonly<Record<string, { readonly default: unknown }>>;
  };
  const defaults = new Map(Object.entries(config).map(([key, { default: value }]) => [`nodeforge:${key}`, value]));
  expect(defaults.size).toBeGreaterThan(40);
  expect(refusals({ config: Object.fromEntries(defaults) })).toEqual([]);
});
