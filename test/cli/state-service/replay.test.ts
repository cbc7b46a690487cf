import { describe, expect, test } from "vitest";
import type { Deployment, Resource } from "../../../cli/state-service/deployment.ts";
import { kind, type JournalEntry } from "../../../cli/state-service/entry.ts";
import { replay } from "../../../cli/state-service/replay.ts";

const urn = (name: string, types = "a:b:C") => `urn:pulumi:lab::nodeforge::${types}::${name}`;
const resource = (name: string, properties: object = {}): Resource => ({
  urn: urn(name),
  type: "a:b:C",
  ...properties,
});
const operation = (name: string, type = "creating") => ({ type, resource: resource(name) });
const manifest = { time: "", magic: "", version: "" };

const base = (...names: readonly string[]): Deployment => ({
  manifest,
  secrets_providers: { type: "passphrase" },
  resources: names.map((name) => resource(name)),
});

/** Gives entries their version and their numbers. Each is an operation of its own unless it names one. */
function numbered(...entries: readonly Partial<JournalEntry>[]): readonly JournalEntry[] {
  return entries.map(
    (entry, index) => ({ version: 1, sequenceID: index + 1, operationID: index + 1, ...entry }) as JournalEntry,
  );
}

function result(deployment: Deployment, ...entries: readonly Partial<JournalEntry>[]) {
  return replay(deployment, numbered(...entries), { engine: "v3.250.0" });
}

const namesOf = (deployment: Deployment) => (deployment.resources ?? []).map(({ urn }) => urn.split("::").at(-1));

describe("a replay", () => {
  test("without entries keeps the resources and the encryption, and names the engine", () => {
    const time = new Date("2026-01-02T03:04:05Z");
    expect(replay(base("one"), [], { engine: "v3.250.0", time })).toEqual({
      version: 3,
      features: [],
      deployment: {
        manifest: {
          time: "2026-01-02T03:04:05.000Z",
          magic: "9efda2e66c69194595f1be2c3587ab931ef188c15697bed0da0a960b45186d89",
          version: "v3.250.0",
        },
        secrets_providers: { type: "passphrase" },
        resources: [resource("one")],
        metadata: {},
      },
    });
  });

  test("puts new resources before the old ones, in the order of their sequence numbers", () => {
    const [first, second, third] = ["x", "y", "z"].map((name) => ({ kind: kind.success, state: resource(name) }));
    const entries = [third, first, second].map((entry, index) => ({ ...entry, sequenceID: [3, 1, 2][index]! }));
    expect(namesOf(result(base("old"), ...entries).deployment)).toEqual(["x", "y", "z", "old"]);
  });

  test("applies a repeated entry once", () => {
    const entry = { kind: kind.success, state: resource("x"), sequenceID: 1, operationID: 1 };
    expect(namesOf(result(base(), entry, entry).deployment)).toEqual(["x"]);
  });

  test("makes an operation that began and did not end a pending one, and no other", () => {
    const { deployment } = result(
      base(),
      { kind: kind.begin, operationID: 1, operation: operation("lost") },
      { kind: kind.begin, operationID: 2, operation: operation("done") },
      { kind: kind.success, operationID: 2, state: resource("done") },
      { kind: kind.begin, operationID: 3, operation: operation("failed") },
      { kind: kind.failure, operationID: 3 },
    );
    expect(deployment.pending_operations).toEqual([operation("lost")]);
    expect(namesOf(deployment)).toEqual(["done"]);
  });

  test("keeps the pending creations of the base, and drops its other pending operations", () => {
    const pending = { ...base("one"), pending_operations: [operation("a"), operation("b", "deleting")] };
    expect(result(pending).deployment.pending_operations).toEqual([operation("a")]);
  });

  test("removes, replaces and marks resources of the base and new ones", () => {
    const { deployment } = result(
      base("removed", "marked", "replaced", "condemned"),
      { kind: kind.success, operationID: 10, state: resource("new") },
      { kind: kind.success, operationID: 11, state: resource("unneeded") },
      { kind: kind.success, removeOld: 0, removeNew: 11, deleteOld: 3, pendingReplacementOld: 1 },
      { kind: kind.success, deleteNew: 10 },
      { kind: kind.success, pendingReplacementNew: 10 },
      { kind: kind.outputs, removeOld: 2, state: resource("replaced", { outputs: { a: 1 } }) },
    );
    expect(deployment.resources).toEqual([
      resource("new", { delete: true, pendingReplacement: true }),
      resource("marked", { pendingReplacement: true }),
      resource("replaced", { outputs: { a: 1 } }),
      resource("condemned", { delete: true }),
    ]);
  });

  test("takes outputs of a new resource", () => {
    const { deployment } = result(
      base(),
      { kind: kind.success, operationID: 5, state: resource("new") },
      { kind: kind.outputs, removeNew: 5, state: resource("new", { outputs: { a: 1 } }) },
    );
    expect(deployment.resources).toEqual([resource("new", { outputs: { a: 1 } })]);
  });

  test("removes what a refresh did not find, and every reference to it", () => {
    const { deployment } = result(
      {
        ...base("lost", "changed"),
        resources: [
          resource("parent"),
          resource("lost", { parent: urn("parent") }),
          resource("changed"),
          resource("child", {
            parent: urn("lost"),
            dependencies: [urn("lost"), urn("changed")],
            propertyDependencies: { a: [urn("lost")], b: null },
            deletedWith: urn("lost"),
          }),
        ],
      },
      { kind: kind.refreshSuccess, removeOld: 1, isRefresh: true },
      { kind: kind.refreshSuccess, removeOld: 2, state: resource("changed", { id: "2" }) },
    );
    expect(deployment.resources).toEqual([
      resource("parent"),
      resource("changed", { id: "2" }),
      resource("child", {
        dependencies: [urn("changed")],
        propertyDependencies: { a: [], b: [] },
      }),
    ]);
  });

  test("counts the resources of a rebuilt base, and not those of the first one", () => {
    const { deployment } = result(
      base("one", "two"),
      { kind: kind.success, operationID: 7, state: resource("new") },
      { kind: kind.success, removeOld: 0 },
      { kind: kind.rebuiltBaseState },
      { kind: kind.success, removeOld: 0 },
    );
    expect(namesOf(deployment)).toEqual(["two"]);
  });

  test("takes a whole deployment, another encryption, snippets and extensions", () => {
    const { deployment, version, features } = result(
      base("one"),
      { kind: kind.write, newSnapshot: base("two") },
      { kind: kind.secretsManager, secretsProvider: { type: "other" } },
      { kind: kind.snippets, snippets: [{ uuid: "1" }] },
      { kind: kind.extensionParameterize, extensionRef: "ref", extension: { a: 1 } },
    );
    expect(namesOf(deployment)).toEqual(["two"]);
    expect(deployment.secrets_providers).toEqual({ type: "other" });
    expect(deployment.snippets).toEqual([{ uuid: "1" }]);
    expect(deployment.extensions).toEqual({ ref: { a: 1 } });
    expect([version, features]).toEqual([4, ["snippets-prototype"]]);
  });

  test("names the features of its resources, also of pending ones", () => {
    const begun = { type: "creating", resource: resource("lost", { taint: true }) };
    const { version, features } = result(
      base(),
      { kind: kind.begin, operation: begun },
      { kind: kind.success, state: resource("x", { viewOf: urn("y"), replaceWith: [], resourceHooks: { a: ["b"] } }) },
    );
    expect([version, features]).toEqual([4, ["hooks", "taint", "views"]]);
  });

  test("writes current names in the place of aliases", () => {
    const { deployment } = result({
      manifest,
      resources: [
        resource("new", { aliases: [urn("old")] }),
        { urn: urn("child", "a:b:Old$a:b:D"), parent: urn("old") },
        resource("user", { dependencies: [urn("old")], provider: `${urn("old")}::id`, deletedWith: urn("old") }),
      ],
    });
    expect(deployment.resources).toEqual([
      resource("new"),
      { urn: urn("child", "a:b:C$a:b:D"), parent: urn("new") },
      resource("user", { dependencies: [urn("new")], provider: `${urn("new")}::id`, deletedWith: urn("new") }),
    ]);
  });

  test.each([
    [{ kind: 10 }, "a journal entry has kind 10, expected one of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9"],
    [{ kind: 0, version: 2 }, "a journal entry has version 2, expected 1"],
    [{ kind: 1, removeOld: 1 }, "a journal entry names resource 1 of the checkpoint, which has 1 resources"],
    [{ kind: 1, removeNew: 9 }, "a journal entry names operation 9, which recorded no resource"],
  ])("refuses %j", (entry, message) => {
    expect(() => result(base("one"), entry)).toThrow(message);
  });

  test("refuses two resources of one alias", () => {
    const resources = [resource("a", { aliases: [urn("x")] }), resource("b", { aliases: [urn("x")] })];
    expect(() => result({ manifest, resources })).toThrow("two resources have the same alias");
  });
});
