import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it, vi } from "vitest";
import type { Component, Inventory } from "../../../cli/sbom/component.ts";
import { spdxText } from "../../../cli/sbom/document.ts";
import { checkoutSbom, sourceEpoch } from "../../../cli/sbom/inventory.ts";
import { inCheckout } from "../../../lib/checkout.ts";
import { developerSets, goSets } from "../../../tools/go-sets.ts";
import { nodeProgramNames } from "../../../tools/node-binaries.ts";
import { pins } from "../../../tools/versions.ts";
import { spdxSchema } from "./spdx-schema.ts";

vi.mock("../../../tools/go.ts", async (original) => ({
  ...(await original<object>()),
  linkedModules: (_: string, program: { readonly package: string }, tests = false) =>
    Promise.resolve([
      ...(tests ? [{ path: "example.org/of-tests", version: "v1.0.0", sum: "h1:CCC=" }] : []),
      { path: "golang.org/x/net", version: "v0.50.0", sum: "h1:AAA=" },
      // The module of each program that this checkout does not have.
      ...(program.package.startsWith(".") || program.package.startsWith("nodeforge.dev/")
        ? []
        : [{ path: program.package, version: "v1.0.0", sum: "h1:BBB=" }]),
    ]),
}));

interface Document {
  readonly documentNamespace: string;
  readonly creationInfo: { readonly created: string };
  readonly packages: readonly {
    readonly SPDXID: string;
    readonly name: string;
    readonly licenseDeclared: string;
    readonly checksums?: unknown;
  }[];
  readonly relationships: readonly Readonly<
    Record<"spdxElementId" | "relationshipType" | "relatedSpdxElement", string>
  >[];
}

const isValid = new Ajv2020({ allErrors: true, strict: false }).compile(spdxSchema);
const parse = (text: string) => JSON.parse(text) as Document;
const component = (name: string, more: Partial<Component> = {}): Component => ({
  name,
  version: "1.0.0",
  purl: `pkg:generic/${name}@1.0.0`,
  purpose: "LIBRARY",
  ...more,
});
const root = component("nodeforge", { purpose: "APPLICATION", license: "MIT" });
const [a, b] = [component("a"), component("b", { goSum: "h1:AAA=" })];
const inventory: Inventory = {
  components: [a, b],
  relations: [
    { from: a.purl, type: "DEPENDENCY_OF", to: root.purl },
    { from: a.purl, type: "GENERATED_FROM", to: b.purl },
  ],
};

describe("an SPDX document", () => {
  it("has the form of SPDX 2.3", () => {
    const document = parse(spdxText(inventory, { root, epoch: 1 }));
    isValid(document);
    expect(isValid.errors).toBeNull();
    expect(document.creationInfo.created).toBe("1970-01-01T00:00:01Z");
    expect(document.packages.map(({ name, licenseDeclared }) => [name, licenseDeclared])).toEqual([
      ["a", "NOASSERTION"],
      ["b", "NOASSERTION"],
      ["nodeforge", "MIT"],
    ]);
  });

  it("is the same for another order and for repetitions, and another for other content", () => {
    const text = spdxText(inventory, { root, epoch: 1 });
    const { components, relations } = inventory;
    const shuffled = {
      components: [...components, ...components].toReversed(),
      relations: [...relations, ...relations].toReversed(),
    };
    expect(spdxText(shuffled, { root, epoch: 1 })).toBe(text);
    const others = [
      spdxText({ ...inventory, components: [a, b, component("c")] }, { root, epoch: 1 }),
      spdxText(inventory, { root, epoch: 2 }),
    ];
    const namespaces = [text, ...others].map((one) => parse(one).documentNamespace);
    expect(new Set(namespaces).size).toBe(3);
  });

  it("is refused when a relation names a missing component", () => {
    const relations = [{ from: a.purl, type: "CONTAINS", to: "pkg:generic/missing@1" } as const];
    expect(() => spdxText({ components: [a], relations }, { root, epoch: 1 })).toThrow(
      "a relation names pkg:generic/missing@1, which is no component of the document",
    );
  });

  it.each([
    ["another version", { spdxVersion: "SPDX-2.2" }],
    ["an unknown field", { comment: "x" }],
    ["no packages", { packages: [] }],
  ])("with %s has not the form", (_, change) => {
    expect(isValid({ ...parse(spdxText(inventory, { root, epoch: 1 })), ...change })).toBe(false);
  });
});

describe("the document of the checkout", () => {
  it("has every npm package, program and downloaded file", async () => {
    const document = parse(await checkoutSbom());
    isValid(document);
    expect(isValid.errors).toBeNull();
    const names = new Set(document.packages.map(({ name }) => name));
    const { packages } = JSON.parse(readFileSync(inCheckout("package-lock.json"), "utf8")) as {
      readonly packages: Readonly<Record<string, { readonly name?: string }>>;
    };
    const locked = Object.entries(packages).map(([place, { name }]) => name ?? place.replace(/^.*node_modules\//, ""));
    expect(locked.filter((name) => !names.has(name))).toEqual([]);
    expect(
      [...nodeProgramNames, "pulumi", "pulumi-resource-libvirt", "etcdutl"].filter((name) => !names.has(name)),
    ).toEqual([]);
    const files = document.packages.filter((each) => "packageFileName" in each);
    expect(files).toHaveLength(Object.keys(pins).length);
    expect(names.has("node-image-debian")).toBe(false);
  });

  it("has every program of every Go module, and tools of developers as such", async () => {
    const { packages, relationships } = parse(await checkoutSbom());
    const nameOf = new Map(packages.map(({ SPDXID, name }) => [SPDXID, name]));
    const programs = (type: string) =>
      relationships
        .filter(({ relationshipType }) => relationshipType === type)
        .map(({ spdxElementId }) => nameOf.get(spdxElementId) ?? "");
    const names = (sets: typeof goSets) => sets.flatMap((set) => set.programs.map(({ name }) => name));
    const present = [...programs("RUNTIME_DEPENDENCY_OF"), ...programs("DEV_DEPENDENCY_OF")];
    expect(names(goSets).filter((name) => !present.includes(name))).toEqual([]);
    expect(names(developerSets).filter((name) => !programs("DEV_DEPENDENCY_OF").includes(name))).toEqual([]);
    // The scheduler to copy has the name of the one of nodes.
    expect(programs("RUNTIME_DEPENDENCY_OF").filter((name) => names(developerSets).includes(name))).toEqual([
      "kube-scheduler",
    ]);
    const testers = relationships.filter(({ relatedSpdxElement }) =>
      nameOf.get(relatedSpdxElement)?.includes("of-tests"),
    );
    expect(testers.map(({ spdxElementId }) => nameOf.get(spdxElementId)).sort()).toEqual([
      "e2e-test",
      "scheduler-perf",
    ]);
  });

  it("has unique identifiers, and relationships between them only", async () => {
    const { packages, relationships } = parse(await checkoutSbom());
    const ids = new Set(packages.map(({ SPDXID }) => SPDXID));
    expect(ids.size).toBe(packages.length);
    ids.add("SPDXRef-DOCUMENT");
    const loose = relationships.filter(
      ({ spdxElementId, relatedSpdxElement }) => !ids.has(spdxElementId) || !ids.has(relatedSpdxElement),
    );
    expect(loose).toEqual([]);
    expect(relationships.filter(({ relationshipType }) => relationshipType === "DESCRIBES")).toHaveLength(1);
  });
});

describe("the time of the sources", () => {
  it("is SOURCE_DATE_EPOCH, else that of the commit", async () => {
    expect(await sourceEpoch({ SOURCE_DATE_EPOCH: "12" })).toBe(12);
    expect(await sourceEpoch({})).toBeGreaterThanOrEqual(0);
  });

  it("is refused when it is no number", async () => {
    await expect(sourceEpoch({ SOURCE_DATE_EPOCH: "today" })).rejects.toThrow(
      "SOURCE_DATE_EPOCH is today, expected whole seconds since 1970. Fix: unset SOURCE_DATE_EPOCH",
    );
  });
});
