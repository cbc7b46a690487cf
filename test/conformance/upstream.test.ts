import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { inCheckout } from "../../lib/checkout.ts";
import { compareNames } from "../../lib/name-order.ts";
import { run, which } from "../../lib/process.ts";
import { versions } from "../../tools/versions.ts";
import { goRequirements } from "../support/go-requirements.ts";
import { builtConformanceProgram } from "./program.ts";
import { readRequirements } from "./requirements.ts";
import { readCases, upstreamCases } from "./upstream.ts";

describe("the list of conformance tests", () => {
  it("is read with the source of each case", () => {
    const yaml = "- testname: A\n  codename: '[sig-a] b:\n    c [Conformance]'\n  file: a.go\n  release: v1.29\n";
    expect(readCases(yaml)).toEqual([{ name: "[sig-a] b: c [Conformance]", file: "a.go" }]);
  });

  it.each([
    ["is empty", "[]", /it is empty, expected cases\. Fix: /],
    ["has a case without a name", "- file: a.go\n", /must have required property 'codename'\. Fix: /],
  ])("is refused when it %s", (_, yaml, message) => {
    expect(() => readCases(yaml)).toThrow(message);
  });
});

describe("the Go module of the conformance tests", () => {
  const goMod = readFileSync(inCheckout("tools", "go", "conformance", "go.mod"), "utf8");
  const toolchain = readFileSync(inCheckout("tools", "go", "kubernetes", "go.mod"), "utf8");
  const linesOf = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([line]) => line.trim());

  it("replaces each staged module of Kubernetes as the cluster's programs do", () => {
    const replaced = linesOf(goMod, /^replace .*$/gm);
    expect(replaced.length).toBeGreaterThan(20);
    expect(replaced).toEqual(linesOf(toolchain, /^replace .*$/gm));
  });

  it("has the version of each module that the cluster's programs have, too", () => {
    const [own, shared] = [goRequirements("tools/go/conformance"), goRequirements("tools/go/kubernetes")];
    const differing = [...own].filter(([name, version]) => (shared.get(name) ?? version) !== version);
    expect(own.get("k8s.io/kubernetes")).toBe(`v${versions.kubernetes}`);
    expect(differing).toEqual([]);
  });
});

// A build takes minutes, so only the program of an earlier `npm run test:conformance` is asked.
const program = which("go") === undefined ? undefined : await builtConformanceProgram();

describe.skipIf(program === undefined)("requirements.yaml", () => {
  const { withoutImages, images } = readRequirements();
  const free = [...withoutImages.api, ...withoutImages.nodes];

  it("names only cases of this Kubernetes", async () => {
    const names = (await upstreamCases(program ?? "")).map(({ name }) => name);
    expect(names.length).toBeGreaterThan(400);
    expect(free.filter((name) => !names.includes(name))).toEqual([]);
  });

  it("has the images of exactly the files with other cases", async () => {
    const others = (await upstreamCases(program ?? "")).filter(({ name }) => !free.includes(name));
    expect(Object.keys(images)).toEqual([...new Set(others.map(({ file }) => file))].sort(compareNames));
  });

  it("names only images of the tests", async () => {
    const known = (await run(program ?? "", ["--list-images"])).split("\n");
    const names = [...new Set(Object.values(images).flat())];
    expect(names.length).toBeGreaterThan(5);
    expect(names.filter((name) => !known.some((image) => image.includes(`/${name}:`)))).toEqual([]);
  });
});
