import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { parse } from "yaml";
import {
  findContext,
  mergeContext,
  refuseTakenContext,
  removeDeadContext,
  renewContext,
} from "../../../cli/kubeconfig/context.ts";
import type { StackState } from "../../../cli/stack/state.ts";
import { test as plainTest } from "../../support/folder.ts";
import { urn } from "../../support/urn.ts";
import { settingsOf } from "../stack/stack-settings.ts";
import { adminConfig, userConfig } from "./files.ts";

const stateOf = (id: string): StackState => ({
  pending: [],
  resources: [
    { urn: urn("nodeforge:index:Cluster", "lab"), type: "nodeforge:index:Cluster" },
    {
      urn: urn("nodeforge:index:Cluster$random:index/randomUuid:RandomUuid", "lab-id"),
      type: "random:index/randomUuid:RandomUuid",
      outputs: { result: id },
    },
  ],
});
const [living, none] = [stateOf("id-1"), { pending: [], resources: [] }];

/** A stack with a cluster, and the user's kubeconfig in a new folder. */
const test = plainTest.extend("user", ({ folder }) => {
  const said: string[] = [];
  const file = join(folder, "config");
  const options = {
    files: { used: [file], all: [file] },
    folder: join(folder, "state"),
    log: (line: string) => void said.push(line),
  };
  const session = (state = living, kubeconfig = adminConfig()) => ({
    stack: "lab",
    settings: () => settingsOf({}),
    capture: (args: readonly string[]) =>
      Promise.resolve(args[1] === "export" ? JSON.stringify({ deployment: state }) : kubeconfig),
  });
  const read = () => readFileSync(file, "utf8");
  const write = (text: string) => {
    writeFileSync(file, text);
  };
  return { said, file, options, session, read, write };
});

describe("a merged context", () => {
  test("is named after the cluster, and becomes the current one of a new file", async ({ user }) => {
    await mergeContext(user.session(), user.options);
    const { contexts, ...rest } = parse(user.read()) as Record<string, unknown>;
    expect(contexts).toEqual([
      { name: "lab", context: expect.objectContaining({ cluster: "lab", user: "lab" }) as unknown },
    ]);
    expect(rest).toMatchObject({ "current-context": "lab", kind: "Config" });
    expect(user.said).toEqual([`context lab is in ${user.file}: kubectl --context lab get nodes`]);
    expect(await findContext(living, user.options)).toEqual({ name: "lab", file: user.file, isCurrent: true });
  });

  test("is removed with the cluster, and the file is as before", async ({ user }) => {
    user.write(userConfig);
    await mergeContext(user.session(), user.options);
    expect(user.read()).not.toBe(userConfig);
    await removeDeadContext(user.session(none), living, user.options);
    expect(user.read()).toBe(userConfig);
    expect(user.said.at(-1)).toBe(`removed context lab from ${user.file}`);
    await removeDeadContext(user.session(none), living, user.options);
    expect(user.said).toHaveLength(2);
    expect(await findContext(living, user.options)).toBe(undefined);
  });

  test("follows a renewal, which adds none", async ({ user }) => {
    const renewed = user.session(living, adminConfig("https://192.168.222.10:6443", "bmV3"));
    await renewContext(renewed, user.options);
    expect([existsSync(user.file), user.said]).toEqual([false, []]);
    await mergeContext(user.session(), user.options);
    await renewContext(renewed, user.options);
    expect(user.read()).toContain("client-key-data: bmV3");
    await renewContext(renewed, user.options);
    expect(user.said.slice(1)).toEqual([`updated context lab in ${user.file}`]);
  });

  test("stays in the file that has it, and is otherwise in the first", async ({ user, folder }) => {
    const first = join(folder, "first");
    const options = { ...user.options, files: { used: [first, user.file], all: [first, user.file] } };
    await mergeContext(user.session(), user.options);
    await mergeContext(user.session(), options);
    expect([existsSync(first), user.said.at(-1)?.includes(user.file)]).toEqual([false, true]);
    await removeDeadContext(user.session(none), living, options);
    await mergeContext(user.session(), options);
    expect(readFileSync(first, "utf8")).toContain("name: lab");
    expect(user.read()).not.toContain("lab");
  });

  test("is not made for a stack without a cluster", async ({ user }) => {
    await mergeContext(user.session(none), user.options);
    await removeDeadContext(user.session(none), none, user.options);
    expect([existsSync(user.file), user.said]).toEqual([false, []]);
  });
});

describe("the context of a cluster whose deletion has failed", () => {
  const part = (parents: string, type: string, name: string) => ({ urn: urn(`${parents}$${type}`, name), type });
  const master = "nodeforge:index:Cluster$nodeforge:index:Master";
  const domain = "libvirt:index/domain:Domain";
  const volume = "libvirt:index/volume:Volume";
  const left = (...resources: readonly ReturnType<typeof part>[]) => ({
    pending: [],
    resources: [...living.resources, ...resources],
  });

  test.for([
    ["machine", part(master, domain, "lab-master")],
    ["machine of an earlier release", part(`${master}$nodeforge:index:VirtualMachine`, domain, "lab-master")],
    ["data disk", part(master, volume, "lab-master-data")],
  ] as const)("stays while the state has the control plane's %s", async ([, resource], { user }) => {
    await mergeContext(user.session(), user.options);
    const before = user.read();
    await removeDeadContext(user.session(left(resource)), living, user.options);
    expect([user.read(), user.said.length]).toEqual([before, 1]);
  });

  test("goes once only other resources are left", async ({ user }) => {
    await mergeContext(user.session(), user.options);
    const rest = left(
      part("nodeforge:index:Cluster$nodeforge:index:Worker", domain, "lab-worker-node-1"),
      part(master, volume, "lab-master-root"),
      part("nodeforge:index:Cluster", "libvirt:index/network:Network", "lab-network"),
    );
    await removeDeadContext(user.session(rest), living, user.options);
    expect(user.said.slice(1)).toEqual([`removed context lab from ${user.file}`]);
    expect(user.read()).not.toContain("lab");
  });

  test("stays with a warning where the state cannot be read", async ({ user }) => {
    await mergeContext(user.session(), user.options);
    const capture = () => Promise.reject(new Error("no backend"));
    await removeDeadContext({ ...user.session(), capture }, living, user.options);
    expect(user.said.slice(1)).toEqual(["warning: the context of the cluster was not removed: no backend"]);
    expect(user.read()).toContain("name: lab");
  });
});

describe("a name that another entry has", () => {
  const taken =
    "clusters: [{name: lab, cluster: {server: 'https://mine:6443'}}]\ncontexts: []\nusers: [{name: lab, user: {}}]\n";

  test("is refused before a cluster is created, with the entries and the fix", async ({ user }) => {
    user.write(taken);
    await expect(refuseTakenContext(user.session(none), user.options)).rejects.toThrow(
      `${user.file}: the name of the cluster is taken by cluster lab of https://mine:6443, user lab. ` +
        `Fix: delete what you no longer need (kubectl config --kubeconfig ${user.file} delete-cluster lab; ` +
        `kubectl config --kubeconfig ${user.file} delete-user lab), set clusterName to another name, or use --no-merge`,
    );
  });

  test("is a warning for a living cluster, and the entry stays, also after the deletion", async ({ user }) => {
    user.write(taken);
    await refuseTakenContext(user.session(), user.options);
    await mergeContext(user.session(), user.options);
    await removeDeadContext(user.session(none), living, user.options);
    expect(user.said).toHaveLength(1);
    expect(user.said[0]).toContain(
      `warning: the context of the cluster was not merged: ${user.file}: the name of the cluster is taken`,
    );
    expect(user.read()).toBe(taken);
  });

  test("is taken by another cluster of nodeforge, too", async ({ user }) => {
    await mergeContext(user.session(), user.options);
    await expect(refuseTakenContext(user.session(none), user.options)).rejects.toThrow(
      "of another cluster of nodeforge (id-1)",
    );
    const before = user.read();
    await mergeContext(user.session(stateOf("id-2")), user.options);
    await removeDeadContext(user.session(none), stateOf("id-2"), user.options);
    expect([user.read(), user.said.length]).toEqual([before, 2]);
  });

  test("is taken in any file of KUBECONFIG", async ({ user, folder }) => {
    const second = join(folder, "second");
    writeFileSync(second, taken);
    const options = { ...user.options, files: { used: [user.file, second], all: [user.file, second] } };
    await expect(refuseTakenContext(user.session(none), options)).rejects.toThrow(
      `${second}: the name of the cluster is taken by cluster lab`,
    );
    await mergeContext(user.session(), options);
    expect([existsSync(user.file), user.said.length]).toEqual([false, 1]);
  });

  test.for([[userConfig], [""], ["a: ["]])("is free in %j", async ([text = ""], { user }) => {
    user.write(text);
    const capture = () => Promise.reject(new Error("the state is not needed"));
    await expect(refuseTakenContext({ ...user.session(), capture }, user.options)).resolves.toBe(undefined);
  });
});

test("a kubeconfig that cannot be read is a warning with its reason, and stays", async ({ user }) => {
  user.write("a: [");
  await refuseTakenContext(user.session(none), user.options);
  await mergeContext(user.session(), user.options);
  await renewContext(user.session(), user.options);
  await removeDeadContext(user.session(none), living, user.options);
  expect(user.said).toHaveLength(2);
  expect(user.said[0]).toMatch(/was not merged: .*config: it is not valid YAML \(line 1/);
  expect(user.said[1]).toMatch(/was not removed: .*config: it is not valid YAML \(line 1/);
  expect(user.read()).toBe("a: [");
});
