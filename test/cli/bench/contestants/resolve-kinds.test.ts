import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { resolveContestants } from "../../../../cli/bench/contestants/resolve.ts";
import type { SchedulerSource } from "../../../../cli/bench/scenario/scenario.ts";
import { test } from "../../../support/folder.ts";

const common = { qps: 5000, burst: 6000, verbosity: 2, featureGates: {} };
const resolveOne = async (folder: string, source: Omit<SchedulerSource, "name">) =>
  (await resolveContestants({ schedulers: [{ name: "mine", ...source }], common }, folder, "1.36.3"))[0]!;

async function problemsOf(folder: string, source: Omit<SchedulerSource, "name">): Promise<readonly string[]> {
  const error = await resolveOne(folder, source).then(
    () => undefined,
    (reason: Error) => reason,
  );
  return error?.message.split("\n").slice(1) ?? [];
}

const local = (args: readonly string[], command = "bash") => ({ local: { command, args } });

describe("a local scheduler", () => {
  test("is a program of PATH or a file, and has the limits", async ({ folder }) => {
    writeFileSync(join(folder, "run.sh"), "#!/bin/sh\n");
    chmodSync(join(folder, "run.sh"), 0o755);
    const found = await resolveOne(folder, { ...local(["--config={config}"], "./run.sh"), schedulerName: "mine" });
    expect(found.local).toEqual({
      ...{ command: join(folder, "run.sh"), args: ["--config={config}"] },
      limits: { qps: 5000, burst: 6000 },
    });
    expect([found.schedulerName, found.manifests]).toEqual(["mine", undefined]);
    const other = await resolveOne(folder, local(["{qps}", "{burst}"]));
    expect(other.local?.command).toMatch(/^\/.*\/bash$/);
    expect(other).not.toHaveProperty("schedulerName");
  });

  test.for([
    [local(["{config}"], "no-such-program-here"), "local.command: PATH has no program no-such-program-here. Fix: "],
    [local(["{config}"], "./missing"), "local.command: there is no such file: "],
    [local(["{config}"], "./plain"), "plain is not executable. Fix: chmod +x "],
    [local(["{config}", "{port}"]), "local.args: there is no placeholder {port}, expected one of {kubeconfig}, "],
    [local(["{kubeconfig}", "{qps}"]), "local.args: nothing hands over the client limits"],
    [
      { ...local(["{config}"]), manifests: { files: [], images: [] }, schedulerName: "a" },
      "it has local and manifests, expected at most",
    ],
  ] as const)("is refused: %#", async ([source, message], { folder }) => {
    writeFileSync(join(folder, "plain"), "", { mode: 0o644 });
    const problems = await problemsOf(folder, source);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(message);
  });
});

const deployment = (args = "[]", namespace = "") => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: mine${namespace} }
spec: { template: { spec: { containers: [{ name: c, image: "mine:1", args: ${args} }] } } }
`;
const configMap = (configuration: string) => `
apiVersion: v1
kind: ConfigMap
metadata: { name: config }
data:
  scheduler.yaml: |
    apiVersion: kubescheduler.config.k8s.io/v1
    kind: KubeSchedulerConfiguration
    ${configuration}
`;
const profiles = "profiles: [{ schedulerName: fast }]";

describe("a scheduler of manifests", () => {
  const given = (folder: string, ...texts: readonly string[]) => {
    const files = texts.map((text, index) => {
      writeFileSync(join(folder, `${index}.yaml`), text);
      return `${index}.yaml`;
    });
    return { manifests: { files, images: [] as readonly string[] } };
  };

  test("has a namespace of its own, its objects before its pods, and its images", async ({ folder }) => {
    writeFileSync(join(folder, "mine.tar"), "tar");
    const namespace = "apiVersion: v1\nkind: Namespace\nmetadata: { name: nodeforge-bench-mine }";
    const { manifests } = given(folder, `---\n${deployment()}---\n${configMap(profiles)}`, namespace);
    const found = await resolveOne(folder, { manifests: { ...manifests, images: ["mine.tar"] } });
    expect(found.schedulerName).toBe("fast");
    expect(found.manifests?.namespace).toBe("nodeforge-bench-mine");
    expect(found.manifests?.objects.map(({ kind }) => kind)).toEqual(["ConfigMap", "Deployment"]);
    expect(found.manifests?.images.map(({ file }) => file)).toEqual([join(folder, "mine.tar")]);
    expect(found.manifests?.images[0]?.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(found.manifests?.texts.map(({ name }) => name)).toEqual(["0-0.yaml", "1-1.yaml"]);
  });

  test("gets the common limits in its configuration, and no leader election", async ({ folder }) => {
    const found = await resolveOne(folder, given(folder, `${deployment()}---${configMap(profiles)}`));
    const data = found.manifests?.objects[0]?.["data"] as Readonly<Record<string, string>>;
    expect(JSON.parse(data["scheduler.yaml"] ?? "")).toMatchObject({
      clientConnection: { qps: 5000, burst: 6000, kubeconfig: "" },
      leaderElection: { leaderElect: false },
    });
    expect(found.manifests?.hasCommonLimits).toBe(true);
    const without = await resolveOne(folder, { ...given(folder, deployment()), schedulerName: "volcano" });
    expect([without.manifests?.hasCommonLimits, without.schedulerName]).toEqual([false, "volcano"]);
  });

  test.for([
    ['["--scheduler-name=volcano"]', "volcano"],
    ['["--scheduler-name", "volcano"]', "volcano"],
  ])("says its name in %s", async ([args = "", name], { folder }) => {
    expect((await resolveOne(folder, given(folder, deployment(args)))).schedulerName).toBe(name);
  });

  const object = (apiVersion: string, kind: string, rest = "", name = "x") =>
    `${deployment()}---\napiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: { name: ${name}${rest} }\n`;

  test.for([
    [
      object("v1", "Namespace"),
      "Namespace x is refused: a scheduler has the namespace nodeforge-bench-mine only. Fix: ",
    ],
    [
      object("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration"),
      "MutatingWebhookConfiguration x is refused: it changes or refuses objects of the whole cluster",
    ],
    [
      object("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
      "CustomResourceDefinition x is refused: its deletion",
    ],
    [object("apps/v1", "DaemonSet"), "DaemonSet x is refused: its pods run on every node"],
    [object("v1", "ConfigMap", ", namespace: default"), "ConfigMap x is refused: it is in the namespace default"],
    [
      object("batch.volcano.sh/v1", "Queue"),
      "Queue x is refused: batch.volcano.sh/v1 Queue is none of v1 ServiceAccount",
    ],
    [object("v1", "ConfigMap", "", '""'), "ConfigMap without a name: wanted metadata.name"],
    [
      `${object("rbac.authorization.k8s.io/v1", "RoleBinding", ", namespace: kube-system")}roleRef: { kind: Role, name: admin }\n`,
      "RoleBinding x is refused: it is in the namespace kube-system",
    ],
    [
      `${deployment()}---${configMap("clientConnection: { qps: 7 }")}`,
      "clientConnection.qps is 7, but every scheduler has 5000",
    ],
    ["kind: [\n", "0.yaml is no YAML: "],
    ["kind: Pod\n", "0.yaml has an object without apiVersion, kind or metadata"],
    ["apiVersion: v1\nkind: Secret\nmetadata: { name: a }\n", "no Deployment, StatefulSet or Pod"],
  ] as const)("is refused: %#", async ([text, message], { folder }) => {
    const problems = await problemsOf(folder, { ...given(folder, text), schedulerName: "mine" });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(message);
  });

  test("may read the configuration of authentication in kube-system", async ({ folder }) => {
    const binding = object("rbac.authorization.k8s.io/v1", "RoleBinding", ", namespace: kube-system");
    const text = `${binding}roleRef: { kind: Role, name: extension-apiserver-authentication-reader }\n`;
    expect(await problemsOf(folder, { ...given(folder, text), schedulerName: "mine" })).toEqual([]);
  });

  test("is refused without one name, without its files, and with a configuration beside it", async ({ folder }) => {
    const found = await problemsOf(folder, given(folder, deployment()));
    expect(found).toEqual([expect.stringContaining("its manifests do not say one name for which it schedules. Fix: ")]);
    const two = "profiles: [{ schedulerName: a }, { schedulerName: b }]";
    expect(await problemsOf(folder, given(folder, `${deployment()}---${configMap(two)}`))).toHaveLength(1);
    writeFileSync(
      join(folder, "c.yaml"),
      "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n",
    );
    const missing = { files: ["missing.yaml"], images: ["missing.tar"] };
    const wrong = await problemsOf(folder, { manifests: missing, schedulerName: "a", configuration: "c.yaml" });
    expect(wrong.map((line) => line.slice(0, 60))).toEqual([
      expect.stringContaining("- mine: configuration is given with manifests"),
      expect.stringContaining("- mine: manifests: missing.yaml cannot be read"),
      expect.stringContaining("- mine: manifests.images: there is no such file"),
    ]);
  });
});
