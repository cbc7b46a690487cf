import { describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { parseKubeconfig, withEntries, withoutEntries } from "../../../cli/kubeconfig/edit.ts";
import { entriesFor, listNames } from "../../../cli/kubeconfig/entries.ts";
import { adminConfig, userConfig } from "./files.ts";

const entries = entriesFor(adminConfig(), "lab", "id-1");
const extensions = [{ name: "nodeforge.local", extension: { cluster: "id-1" } }];
const merged = (text: string) => withEntries(text, "lab", entries);
const linesOnlyIn = (text: string, other: string) => {
  const known = new Set(other.split("\n"));
  return text.split("\n").filter((line) => !known.has(line));
};

/** Layouts of kubeconfigs with the same content as the user's. */
const indented = userConfig
  .replace(/^( *)(- |# w)/gm, "  $1$2")
  .replace(/^( {4})(?=\S)|^( {2})(?=name|user)/gm, "  $&");
const json: unknown = parse(userConfig);

describe("entries of a cluster", () => {
  test("come from the current context, with the cluster's name and mark", () => {
    expect(entries).toEqual({
      clusters: { "certificate-authority-data": "Y2E=", server: "https://192.168.222.10:6443", extensions },
      contexts: { cluster: "lab", user: "lab", extensions },
      users: { "client-certificate-data": "Y2VydA==", "client-key-data": "a2V5", extensions },
    });
  });

  test.each([["{}"], ["current-context: a"], ["[]"]])("are refused for %s", (text) => {
    expect(() => entriesFor(text, "lab", "id-1")).toThrow("no complete current context. Fix: npm run up");
  });

  test("are added, and every other line stays", () => {
    const text = merged(userConfig);
    expect(linesOnlyIn(userConfig, text)).toEqual([]);
    expect(text.startsWith("# my clusters\napiVersion: v1\nclusters:\n# work\n- cluster:\n")).toBe(true);
    const { clusters, contexts, users, ...rest } = parse(text) as Record<string, { name: string }[]>;
    for (const list of [clusters, contexts]) expect(list?.map(({ name }) => name)).toEqual(["work", "lab"]);
    expect(users?.map(({ name }) => name)).toEqual(["me", "lab"]);
    expect(clusters?.[1]).toEqual({ name: "lab", cluster: entries.clusters });
    expect(rest).toEqual({ apiVersion: "v1", "current-context": "work", kind: "Config", preferences: {} });
  });

  test("are replaced in place", () => {
    const before = withEntries(merged(userConfig), "last", entries);
    const after = withEntries(before, "lab", entriesFor(adminConfig("https://other:6443", "bmV3"), "lab", "id-1"));
    expect(linesOnlyIn(after, before)).toEqual(["    server: https://other:6443", "    client-key-data: bmV3"]);
    expect(after.split("\n")).toHaveLength(before.split("\n").length);
    expect(merged(before)).toBe(before);
  });

  test.each([
    ["of kubectl's layout", userConfig],
    ["with indented lists", indented],
    ["without a line end", userConfig.trimEnd()],
    ["with empty lists", "apiVersion: v1\nclusters: []\ncontexts: []   # none\ncurrent-context: ''\nusers: []\n"],
    [
      "with its lists in another order",
      "users:\n- name: a\n  user: {}\nclusters: []\ncontexts: []\ncurrent-context: b\n",
    ],
  ])("are removed from a file %s, which is then as before", (_, text) => {
    expect(parse(text)).not.toEqual(parse(merged(text)));
    const removed = withoutEntries(merged(text), "lab", listNames);
    expect(removed.trimEnd()).toBe(text.replace("''", '""').trimEnd());
  });

  test.each([
    ["JSON", JSON.stringify(json, undefined, 2)],
    ["lists in one line", "clusters: [{name: work, cluster: {server: https://a}}]\ncontexts: []\nusers: []\n"],
    ["null", "apiVersion: v1\nclusters: null\ncontexts:\nusers: null\n"],
    ["an empty file", ""],
    ["a comment", "# nothing yet\n"],
  ])("are merged into and removed from %s, which means the same then", (_, text) => {
    const after = parse(merged(text)) as Record<string, { name: string }[]>;
    for (const list of listNames) expect(after[list]?.filter(({ name }) => name === "lab")).toHaveLength(1);
    const before = { clusters: [], contexts: [], users: [], ...(parseKubeconfig(text) as object) } as Record<
      string,
      unknown
    >;
    const left = parse(withoutEntries(merged(text), "lab", listNames)) as Record<string, unknown>;
    for (const list of listNames) expect(left[list]).toEqual(before[list] ?? []);
    if (text.startsWith("#")) expect(merged(text)).toContain("# nothing yet");
  });

  test("keep a comment after the last entry of a list", () => {
    const text = "clusters:\n- name: a\n  cluster: {}\n  # about a\n# about contexts\ncontexts: []\n";
    expect(merged(text)).toContain("  # about a\n- name: lab\n");
    expect(withoutEntries(merged(text), "lab", listNames)).toContain(text);
  });
});

test("a file that kubectl has written since is unchanged, and the context keeps the namespace of the user", () => {
  const values = parse(merged(userConfig)) as { contexts: { name: string; context: object }[] };
  const contexts = values.contexts.map(({ name, context }) => ({ context: { namespace: "team", ...context }, name }));
  const text = stringify({ ...values, contexts }, { sortMapEntries: true });
  expect(merged(text)).toBe(text);
  const renewed = withEntries(text, "lab", entriesFor(adminConfig("https://new:6443"), "lab", "id-1"));
  expect(parse(renewed)).toMatchObject({
    contexts: [{}, { name: "lab", context: { namespace: "team", user: "lab" } }],
  });
});

describe("the current context", () => {
  const current = (text: string) => parseKubeconfig(text)["current-context"];

  test.each([["a: 1\n"], ['current-context: ""\n'], ["current-context:\n"], [""]])("is set in %j", (text) => {
    expect(current(merged(text))).toBe("lab");
    expect(current(withoutEntries(merged(text), "lab", listNames))).toBe("");
  });

  test("of the user stays, also after the removal", () => {
    expect(current(merged(userConfig))).toBe("work");
    expect(current(withoutEntries(merged(userConfig), "lab", listNames))).toBe("work");
  });

  test("stays where only another list loses its entry", () => {
    const text = withoutEntries(merged("a: 1\n"), "lab", ["users"]);
    expect([current(text), parseKubeconfig(text).users]).toEqual(["lab", []]);
  });
});

test.each([
  ["a: [\n", /^it is not valid YAML \(line 2: /],
  ["- a\n", /^it is not a kubeconfig, expected an object$/],
  ["clusters: 1\n", /^its clusters are no list$/],
])("the text %j is refused with the reason", (text, reason) => {
  expect(() => merged(text)).toThrow(reason);
});

test("an invalid kubeconfig is not quoted in the error", () => {
  expect(() => parseKubeconfig("token: very-secret\n  b: [")).toThrow(/^(?!.*very-secret)/s);
});
