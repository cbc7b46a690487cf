import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../support/folder.ts";
import { configWith, problemsOf } from "../support/settings.ts";

/** Writes a file, and returns the configuration with it as the audit policy. */
function withFile(text: string): Record<string, string> {
  const path = join(temporaryFolder(), "policy.yaml");
  writeFileSync(path, text);
  return { auditPolicy: path };
}

const withPolicy = (fields: object) =>
  withFile(
    JSON.stringify({ apiVersion: "audit.k8s.io/v1", kind: "Policy", rules: [{ level: "Metadata" }], ...fields }),
  );
const withRule = (rule: object) => withPolicy({ rules: [{ level: "Metadata", ...rule }] });
/** Refusals, each as its key without the beginning and the expected value. */
const refusals = (raw: Record<string, string>) =>
  problemsOf(raw).map(({ key, expected }) => [key.replace("auditPolicy.", ""), expected]);
const policyOf = (raw: Record<string, string>) => JSON.parse(configWith(raw).auditPolicy ?? "") as { rules: object[] };

describe("the audit policy", () => {
  it("is none by default", () => {
    expect(configWith().auditPolicy).toBeUndefined();
  });

  it("has every field that the API server knows", () => {
    const rule = {
      level: "Request",
      users: ["system:apiserver"],
      userGroups: ["system:nodes"],
      verbs: ["get", "deletecollection"],
      resources: [
        { group: "", resources: ["pods", "pods/log", "pods/*", "*/scale", "*"], resourceNames: ["a"] },
        { group: "apps" },
        { group: "*" },
        { resources: ["nodes"] },
      ],
      namespaces: ["", "kube-system"],
      omitStages: ["ResponseStarted", "Panic"],
      omitManagedFields: false,
    };
    const other = { level: "RequestResponse", nonResourceURLs: ["*", "/metrics", "/healthz*", "/"], verbs: ["post"] };
    const whole = { rules: [rule, other], omitStages: ["RequestReceived"], omitManagedFields: true };
    expect(policyOf(withPolicy(whole))).toEqual({ apiVersion: "audit.k8s.io/v1", kind: "Policy", ...whole });
  });

  it("is the same text with other comments, metadata and another order of its keys", () => {
    const [one, other] = [
      "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n  - level: None\n    users: [a]\n",
      "# a\nkind: Policy\nmetadata: { name: a }\nrules:\n  - { users: [a], level: None }\napiVersion: audit.k8s.io/v1\n",
    ].map((text) => configWith(withFile(text)).auditPolicy);
    expect(one).toBe('{"apiVersion":"audit.k8s.io/v1","kind":"Policy","rules":[{"level":"None","users":["a"]}]}');
    expect(other).toBe(one);
  });

  it("keeps the order of its rules", () => {
    const rules = [{ level: "None", users: ["b"] }, { level: "Metadata", users: ["a"] }, { level: "Request" }];
    expect(policyOf(withPolicy({ rules })).rules).toEqual(rules);
  });

  it.each([
    ["a version", { apiVersion: "audit.k8s.io/v1beta1" }, "apiVersion", "audit.k8s.io/v1"],
    ["a kind", { kind: "PolicyList" }, "kind", "Policy"],
    ["no rule", { rules: [] }, "rules", "a list of one rule or more"],
    ["rules that are no list", { rules: { level: "None" } }, "rules", "a list of one rule or more"],
    ["a field", { rule: [] }, "rule", "one of the known fields (did you mean rules?)"],
    ["metadata", { metadata: "a" }, "metadata", "an object"],
    [
      "a stage",
      { omitStages: ["Received"] },
      "omitStages[0]",
      "RequestReceived, ResponseStarted, ResponseComplete or Panic",
    ],
    ["a boolean", { omitManagedFields: "yes" }, "omitManagedFields", "true or false"],
    ["a rule", { rules: ["None"] }, "rules[0]", "an object"],
    ["a rule without a level", { rules: [{}] }, "rules[0].level", "None, Metadata, Request or RequestResponse"],
  ])("with another %s than the API server's is refused", (_, fields, key, expected) => {
    expect(refusals(withPolicy(fields))).toEqual([[key, expected]]);
  });

  it("is refused with the name of a field that every object of JavaScript has", () => {
    expect(refusals(withPolicy({ toString: 1 })).map(([key]) => key)).toEqual(["toString"]);
  });

  const aName = "a name, because a wildcard matches nothing here";
  const aResource = "a resource such as pods, pods/log, pods/*, */scale or *";
  const aPath = "a path that starts with /, with * as its end at most";
  it.each([
    ["level", { level: "metadata" }, "level", "None, Metadata, Request or RequestResponse"],
    ["field", { user: ["a"] }, "user", "one of the known fields (did you mean users?)"],
    ["list", { users: "a" }, "users", "a list"],
    ["user", { users: ["a", "*"] }, "users[1]", aName],
    ["group of users", { userGroups: [""] }, "userGroups[0]", aName],
    ["path without a slash", { nonResourceURLs: ["metrics"] }, "nonResourceURLs[0]", aPath],
    ["path with an inner wildcard", { nonResourceURLs: ["/a*/b"] }, "nonResourceURLs[0]", aPath],
    [
      "stage",
      { omitStages: ["panic"] },
      "omitStages[0]",
      "RequestReceived, ResponseStarted, ResponseComplete or Panic",
    ],
    ["boolean", { omitManagedFields: null }, "omitManagedFields", "true or false"],
    ["namespace", { namespaces: ["*"] }, "namespaces[0]", 'a namespace, or "" for requests without one'],
    ["resources", { resources: ["pods"] }, "resources[0]", "an object"],
    ["resource", { resources: [{ resources: ["*/*"] }] }, "resources[0].resources[0]", aResource],
    ["resource with a group", { resources: [{ resources: ["a.b"] }] }, "resources[0].resources[0]", aResource],
    [
      "group with a version",
      { resources: [{ group: "apps/v1" }] },
      "resources[0].group",
      'an API group without a version, "" for the core or "*" for all',
    ],
    [
      "field of resources",
      { resources: [{ groups: "apps" }] },
      "resources[0].groups",
      "one of the known fields (did you mean group?)",
    ],
    [
      "name without a resource",
      { resources: [{ resourceNames: ["a"] }] },
      "resources[0].resourceNames",
      "no value, because the group names no resources",
    ],
    [
      "path beside resources",
      { nonResourceURLs: ["/a"], resources: [{ group: "" }] },
      "nonResourceURLs",
      "no value, because the rule has resources or namespaces, and no request has both",
    ],
    [
      "path beside namespaces",
      { nonResourceURLs: ["/a"], namespaces: ["a"] },
      "nonResourceURLs",
      "no value, because the rule has resources or namespaces, and no request has both",
    ],
  ])("with a wrong %s in a rule is refused", (_, rule, key, expected) => {
    expect(refusals(withRule(rule))).toEqual([[`rules[0].${key}`, expected]]);
  });

  it.each(["*", "GET", "impersonate", ""])("with the verb %j, which no request has, is refused", (verb) => {
    const [[key, expected] = []] = refusals(withRule({ verbs: ["get", verb] }));
    expect([key, expected?.startsWith("get, list, watch, ")]).toEqual(["rules[0].verbs[1]", true]);
  });

  it("is refused by one error that names every wrong place, beside the other keys", () => {
    const rules = [{ level: "All" }, { level: "None", verbs: ["x"], omit: 1 }];
    const raw = { ...withPolicy({ kind: "a", rules }), tokenTtlMinutes: "0" };
    expect(
      problemsOf(raw)
        .map(({ key }) => key)
        .sort(),
    ).toEqual([
      "auditPolicy.kind",
      "auditPolicy.rules[0].level",
      "auditPolicy.rules[1].omit",
      "auditPolicy.rules[1].verbs[0]",
      "tokenTtlMinutes",
    ]);
  });

  it("is one document in a readable file", () => {
    const wanted = "default, or the path of a YAML file with one Policy of audit.k8s.io/v1";
    const refused = (raw: Record<string, string>) => problemsOf(raw).map(({ key, expected }) => [key, expected]);
    for (const text of ["", "a", "[]", "a: 1\n---\nb: 1\n"]) {
      expect(refused(withFile(text))).toEqual([["auditPolicy", wanted]]);
    }
    expect(refused(withFile("a: 1\na: 2\n"))).toEqual([
      ["auditPolicy", expect.stringMatching(/^default, or .* \(Map keys must be unique/)],
    ]);
    expect(refused({ auditPolicy: "/missing" })).toEqual([["auditPolicy", `${wanted} (ENOENT)`]]);
    expect(refused({ auditPolicy: "/" })).toEqual([["auditPolicy", `${wanted} (EISDIR)`]]);
  });
});

describe("the shipped audit policy", () => {
  const { rules } = policyOf({ auditPolicy: "default" }) as unknown as {
    rules: readonly {
      readonly level: string;
      readonly verbs?: readonly string[];
      readonly userGroups?: readonly string[];
      readonly nonResourceURLs?: readonly string[];
      readonly resources?: readonly { readonly group: string; readonly resources: readonly string[] }[];
    }[];
  };
  /** Level of a resource's requests by an administrator. */
  const levelOf = (group: string, resource: string) =>
    rules.find(
      ({ resources, userGroups, nonResourceURLs }) =>
        userGroups === undefined &&
        nonResourceURLs === undefined &&
        (resources?.some((each) => each.group === group && each.resources.includes(resource)) ?? true),
    )?.level;

  it("has no body of a request", () => {
    expect(rules.map(({ level }) => level).sort()).toEqual([
      ...Array<string>(3).fill("Metadata"),
      ...Array<string>(3).fill("None"),
    ]);
  });

  it("has requests about secrets and every other resource, and none about leases and events", () => {
    for (const [group, resource] of [
      ["", "secrets"],
      ["", "configmaps"],
      ["", "pods"],
      ["authentication.k8s.io", "tokenreviews"],
    ] as const) {
      expect(levelOf(group, resource)).toBe("Metadata");
    }
    for (const [group, resource] of [
      ["coordination.k8s.io", "leases"],
      ["", "events"],
      ["events.k8s.io", "events"],
    ] as const) {
      expect(levelOf(group, resource)).toBe("None");
    }
  });

  it("has no health checks and no watches of nodes, except those of secrets", () => {
    const [first] = rules;
    expect(first).toMatchObject({
      level: "Metadata",
      resources: [{ resources: ["secrets", "serviceaccounts/token"] }, {}],
    });
    expect(rules.find(({ userGroups }) => userGroups)).toEqual({
      level: "None",
      userGroups: ["system:nodes"],
      verbs: ["watch"],
    });
    expect(rules.find(({ nonResourceURLs }) => nonResourceURLs)).toEqual({
      level: "None",
      nonResourceURLs: ["/healthz*", "/livez*", "/readyz*"],
    });
  });
});

describe("arguments of the audit log", () => {
  const audit = {
    apiServer: { "audit-log-maxsize": "5", "audit-webhook-config-file": "/a" },
    scheduler: { "audit-a": "1" },
  };
  const controlPlaneArguments = JSON.stringify(audit);

  it("are refused beside the audit policy", () => {
    const expected = "no value, because the key auditPolicy sets the audit log";
    expect(
      problemsOf({ auditPolicy: "default", controlPlaneArguments }).map(({ key, expected }) => [key, expected]),
    ).toEqual(
      ["audit-log-maxsize", "audit-webhook-config-file"].map((flag) => [
        `controlPlaneArguments.apiServer.${flag}`,
        expected,
      ]),
    );
  });

  it("are accepted without it", () => {
    expect(configWith({ controlPlaneArguments }).controlPlaneArguments.apiServer).toEqual(audit.apiServer);
  });
});
