import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { checkout, inCheckout } from "../../lib/checkout.ts";
import { goSets } from "../../tools/go-sets.ts";

/** Modules with Go programs: those of a user, and those of benchmarks that have the scheduler in them. */
const folders = [
  ...goSets.map(({ folder }) => folder),
  inCheckout("benchmarks", "schedulers", "example"),
  inCheckout("bench", "reference", "scheduler-perf"),
  inCheckout("tools", "go", "conformance"),
];

/** Modules below every package of Kubernetes' clients, which Go compiles again for each version of one of them. */
const below = [
  "k8s.io/api",
  "k8s.io/apimachinery",
  "k8s.io/client-go",
  "github.com/go-logr/logr",
  "github.com/spf13/pflag",
];

/** Programs whose makers test them with other clients of Kubernetes, or that have none. */
const exempt = ["tools/go/containerd", "tools/go/coredns", "tools/go/etcd", "tools/go/etcdutl"];

/** Returns the versions of the modules of a go.mod that match, by their paths. */
function requirementsOf(text: string, matches: (path: string) => boolean): ReadonlyMap<string, string> {
  const lines = [...text.matchAll(/^(?:require )?\s*(\S+\.\S+\/\S+) (v\S+)/gm)];
  return new Map(lines.flatMap(([, path = "", version = ""]) => (matches(path) ? [[path, version]] : [])));
}

/** Returns the modules that have several versions, each with the go.mod files of each version. */
function severalVersions(places: readonly string[], matches: (path: string) => boolean) {
  const found = new Map<string, Map<string, string[]>>();
  for (const place of places) {
    const text = readFileSync(join(checkout, place, "go.mod"), "utf8");
    for (const [path, version] of requirementsOf(text, matches)) {
      const versions = found.get(path) ?? new Map<string, string[]>();
      versions.set(version, [...(versions.get(version) ?? []), place]);
      found.set(path, versions);
    }
  }
  return Object.fromEntries([...found].filter(([, versions]) => versions.size > 1));
}

describe("the Go programs", () => {
  const places = folders.map((folder) => relative(checkout, folder));

  it("have one version of each module of golang.org/x, so that it is compiled once", () => {
    expect(places.length).toBeGreaterThan(12);
    expect(severalVersions(places, (path) => /^golang\.org\/x\/(?!exp|mod|telemetry|tools)/.test(path))).toEqual({});
  });

  it("have one version of each client of Kubernetes, except for four programs", () => {
    const others = places.filter((place) => !exempt.includes(place));
    expect(severalVersions(others, (path) => below.includes(path))).toEqual({});
    expect(Object.keys(severalVersions(places, (path) => below.includes(path)))).toContain("k8s.io/client-go");
  });
});
