import { describe, expect, it } from "vitest";
import { readDeclaration } from "../../image/declaration.ts";
import { componentUnits } from "../../config/components.ts";
import { configWith, problemsOf } from "../support/settings.ts";

const none = { etcd: {}, apiServer: {}, controllerManager: {}, scheduler: {} };
const withArguments = (given: unknown) => ({ controlPlaneArguments: JSON.stringify(given) });
const withGates = (given: unknown) => ({ featureGates: JSON.stringify(given) });
/** Refusals, each as its key and the expected value. */
const refusals = (raw: Record<string, string>) => problemsOf(raw).map(({ key, expected }) => [key, expected]);

describe("the arguments of the control plane", () => {
  it("are none by default", () => {
    expect(configWith().controlPlaneArguments).toEqual(none);
    expect(configWith(withArguments({ scheduler: {} })).controlPlaneArguments).toEqual(none);
  });

  it("are text, also where the stack's file has numbers and booleans", () => {
    const given = {
      apiServer: { "max-requests-inflight": "3000", "max-mutating-requests-inflight": 1000, profiling: false },
      controllerManager: { "kube-api-qps": "500", "concurrent-gc-syncs": 20 },
      etcd: { "quota-backend-bytes": 8589934592, "unsafe-no-fsync": true },
      scheduler: { v: "" },
    };
    expect(configWith(withArguments(given)).controlPlaneArguments).toEqual({
      apiServer: { "max-requests-inflight": "3000", "max-mutating-requests-inflight": "1000", profiling: "false" },
      controllerManager: { "kube-api-qps": "500", "concurrent-gc-syncs": "20" },
      etcd: { "quota-backend-bytes": "8589934592", "unsafe-no-fsync": "true" },
      scheduler: { v: "" },
    });
  });

  it("accept the flags that benchmarks of a scheduler change", () => {
    const flags = {
      apiServer: ["max-requests-inflight", "max-mutating-requests-inflight", "runtime-config", "event-ttl", "v"],
      controllerManager: ["kube-api-qps", "kube-api-burst", "concurrent-deployment-syncs"],
      scheduler: ["kube-api-qps", "kube-api-burst", "pod-max-in-unschedulable-pods-duration"],
      etcd: ["quota-backend-bytes", "snapshot-count", "heartbeat-interval", "auto-compaction-mode"],
    };
    const given = Object.fromEntries(
      Object.entries(flags).map(([component, names]) => [
        component,
        Object.fromEntries(names.map((name) => [name, "1"])),
      ]),
    );
    expect(configWith(withArguments(given)).controlPlaneArguments).toEqual(given);
  });

  it("never have a flag that nodeforge sets", () => {
    const { unit } = readDeclaration();
    for (const [component, name] of Object.entries(componentUnits)) {
      const flags = unit
        .find((each) => each.name === name)!
        .exec.slice(1)
        .map((argument) => argument.slice(2).split("=")[0]!);
      expect(flags.length).toBeGreaterThan(4);
      const given = Object.fromEntries(flags.map((flag) => [flag, "x"]));
      const found = problemsOf(withArguments({ [component]: given }));
      expect(found.map(({ key }) => key)).toEqual(flags.map((flag) => `controlPlaneArguments.${component}.${flag}`));
      for (const { expected } of found) expect(expected).toMatch(/^no value, because [a-z]/);
    }
  });

  it.each([
    ["apiServer", "tls-sni-cert-key", "nodeforge makes and renews the certificates and keys"],
    ["apiServer", "client-ca-file", "nodeforge makes and renews the certificates and keys"],
    ["apiServer", "bind-address", "the other components reach the component by it"],
    ["apiServer", "authorization-config", "joins and health checks depend on it"],
    ["apiServer", "anonymous-auth", "joins and health checks depend on it"],
    ["apiServer", "etcd-prefix", "the cluster's data would be lost"],
    ["apiServer", "feature-gates", "the key featureGates sets it"],
    ["controllerManager", "kubeconfig", "nodeforge writes the kubeconfigs"],
    ["controllerManager", "node-cidr-mask-size", "the stack's keys of the cluster and its networks decide it"],
    ["controllerManager", "controllers", "no worker joins without bootstrapsigner and tokencleaner"],
    ["scheduler", "config", "the component would then ignore arguments that nodeforge sets"],
    ["scheduler", "secure-port", "the other components reach the component by it"],
    ["scheduler", "version", "the component would print it and end"],
    ["etcd", "data-dir", "the cluster's data would be lost"],
    ["etcd", "listen-metrics-urls", "the other components reach the component by it"],
    ["etcd", "feature-gates", "nodeforge sets it (nix/node.toml)"],
  ])("%s of %s are refused with the reason", (component, flag, reason) => {
    expect(refusals(withArguments({ [component]: { [flag]: "x" } }))).toEqual([
      [`controlPlaneArguments.${component}.${flag}`, `no value, because ${reason}`],
    ]);
  });

  it.each(["--v", "V", "", "a b", "a=b", "a_b", "1a", "a\nb"])("refuse the flag %j", (flag) => {
    expect(refusals(withArguments({ scheduler: { [flag]: "1" } }))).toEqual([
      [
        `controlPlaneArguments.scheduler.${flag}`,
        "a flag of lower-case letters, digits and hyphens, without leading hyphens",
      ],
    ]);
  });

  it.each([["a\nb"], ["\u0000"], ["\u007f"], [null], [["a"]], [{}]])("refuse the value %j", (value) => {
    expect(refusals(withArguments({ scheduler: { v: value } }))).toEqual([
      ["controlPlaneArguments.scheduler.v", "a string of one line without control characters"],
    ]);
  });

  it("refuse another component, and anything but objects", () => {
    expect(refusals(withArguments({ kubelet: {} }))[0]?.[0]).toBe("controlPlaneArguments.kubelet");
    expect(refusals(withArguments({ schedulers: {} }))).toEqual([
      ["controlPlaneArguments.schedulers", "one of the known keys (did you mean scheduler?)"],
    ]);
    expect(refusals(withArguments({ scheduler: ["v=1"] }))).toEqual([["controlPlaneArguments.scheduler", "an object"]]);
    for (const text of ["[]", "null", "v=1", '"{}"']) {
      expect(refusals({ controlPlaneArguments: text })).toEqual([["controlPlaneArguments", "an object"]]);
    }
  });

  it("are refused by one error that names every wrong key", () => {
    const given = { apiServer: { "secure-port": "1", V: "1" }, etcd: { name: "x" } };
    expect(
      refusals({ ...withArguments(given), ...withGates({ a: true }) })
        .map(([key]) => key)
        .sort(),
    ).toEqual([
      "controlPlaneArguments.apiServer.V",
      "controlPlaneArguments.apiServer.secure-port",
      "controlPlaneArguments.etcd.name",
      "featureGates.a",
    ]);
  });
});

describe("the feature gates", () => {
  it("are none by default, and booleans or their text", () => {
    expect(configWith().featureGates).toEqual({});
    expect(configWith(withGates({ AllAlpha: true, InPlace: "false" })).featureGates).toEqual({
      AllAlpha: true,
      InPlace: false,
    });
  });

  it.each([
    ["allAlpha", true, "the name of a feature gate, letters and digits that start with a capital letter"],
    ["A=true,B", true, "the name of a feature gate, letters and digits that start with a capital letter"],
    ["AllAlpha", "yes", "true or false"],
    ["AllAlpha", 1, "true or false"],
    ["AllAlpha", null, "true or false"],
    ["AllAlpha", "toString", "true or false"],
  ])("refuse %s: %j", (gate, value, expected) => {
    expect(refusals(withGates({ [gate]: value }))).toEqual([[`featureGates.${gate}`, expected]]);
  });
});
