import { relative } from "node:path";
import { describe, expect, it } from "vitest";
import { checkout, inCheckout } from "../../lib/checkout.ts";
import { commandSets } from "../../tools/go-sets.ts";
import { nodeSets } from "../../tools/node-binaries.ts";
import { goRequirements } from "../support/go-requirements.ts";

/** Modules with Go programs: those of a user, and those of benchmarks that have the scheduler in them. */
const folders = [
  ...[...commandSets, ...nodeSets].map(({ folder }) => folder),
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

/** Returns the matching modules that have several versions, each with its versions and the folders of their go.mod files. */
function severalVersions(places: readonly string[], matches: (path: string) => boolean) {
  const all = places.flatMap((place) =>
    [...goRequirements(place)].map(([path, version]) => ({ path, version, place })).filter(({ path }) => matches(path)),
  );
  const byPath = [...Map.groupBy(all, ({ path }) => path)];
  return Object.fromEntries(byPath.filter(([, found]) => new Set(found.map(({ version }) => version)).size > 1));
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
