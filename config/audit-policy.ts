import { isRecord } from "../lib/record.ts";
import { readFileSync } from "node:fs";
import { parseAllDocuments } from "yaml";
import { reasonOf } from "../lib/outside.ts";
import type { Problems } from "./problems.ts";
import type { RawObject } from "./schema.ts";
import { nearest, type Values } from "./values.ts";

/** Key with the path of the audit policy. */
export const auditKey = "auditPolicy";

/** Value of the key that means the shipped policy. */
const shipped = "default";

/** Checks a value, and adds what is wrong to the problems under the key `at`. */
type Check = (value: unknown, at: string, problems: Problems) => void;

/** Levels and stages (k8s.io/apiserver 0.36, pkg/apis/audit/v1/types.go). */
const levels = ["None", "Metadata", "Request", "RequestResponse"];
const stages = ["RequestReceived", "ResponseStarted", "ResponseComplete", "Panic"];

/** Verbs of requests: those of resources, and HTTP methods of other URLs (k8s.io/apiserver, pkg/endpoints/request/requestinfo.go). */
const verbs = "get list watch create update patch delete deletecollection proxy post put head options".split(" ");

/** Group of an API: lower-case DNS labels. */
const group = /^(\*|[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*)?$/;

/** Resource, with `*` for all, for all subresources of one, or for one subresource of all. `*` as a part of a word never matches. */
const resource = /^(\*|[a-z0-9-]+(\/(\*|[a-z0-9-]+))?|\*\/[a-z0-9-]+)$/;

const word = matching(/^(?!\*$)[^\s*][^\n]*$/, "a name, because a wildcard matches nothing here");
const stage = oneOf(stages);

const groupFields: Readonly<Record<string, Check>> = {
  group: matching(group, 'an API group without a version, "" for the core or "*" for all'),
  resources: listOf(matching(resource, "a resource such as pods, pods/log, pods/*, */scale or *")),
  resourceNames: listOf(word),
};

const ruleFields: Readonly<Record<string, Check>> = {
  level: oneOf(levels),
  users: listOf(word),
  userGroups: listOf(word),
  verbs: listOf(oneOf(verbs)),
  resources: listOf(checkGroup),
  namespaces: listOf(matching(/^([a-z0-9]([a-z0-9-]*[a-z0-9])?)?$/, 'a namespace, or "" for requests without one')),
  nonResourceURLs: listOf(matching(/^(\*|\/[^*\s]*\*?)$/, "a path that starts with /, with * as its end at most")),
  omitStages: listOf(stage),
  omitManagedFields: checkBoolean,
};

const policyFields: Readonly<Record<string, Check>> = {
  apiVersion: oneOf(["audit.k8s.io/v1"]),
  kind: oneOf(["Policy"]),
  // Nothing reads it.
  metadata: checkObject,
  rules: checkRules,
  omitStages: listOf(stage),
  omitManagedFields: checkBoolean,
};

/**
 * Reads and checks the audit policy of the API server. Adds what is wrong to `problems`, each with its place in the policy.
 *
 * The API server only logs a warning about an unknown field and ignores it. A rule would then match more than it says.
 * @returns the policy as JSON on one line; undefined without one. The order of its keys, its comments and its metadata do not
 * matter, because another text restarts the API server.
 */
export function readAuditPolicy(values: Values, problems: Problems): string | undefined {
  const path = values.string(auditKey);
  if (path === "") return undefined;
  const policy = readPolicy(path === shipped ? new URL("audit-policy.yaml", import.meta.url) : path, problems);
  if (policy === undefined) return undefined;
  checkFields(policyFields, ["apiVersion", "kind", "rules"])(policy, auditKey, problems);
  return JSON.stringify({ ...policy, metadata: undefined }, (_, value: unknown) =>
    isRecord(value)
      ? Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
      : value,
  );
}

/** Returns the one document of a file; undefined for an unusable file. */
function readPolicy(path: string | URL, problems: Problems): RawObject | undefined {
  const wanted = `${shipped}, or the path of a YAML file with one Policy of audit.k8s.io/v1`;
  try {
    const documents = parseAllDocuments(readFileSync(path, "utf8")).filter(({ contents }) => contents !== null);
    const [first] = documents;
    const wrong = documents.flatMap(({ errors }) => errors)[0];
    const content: unknown = wrong === undefined ? first?.toJS() : undefined;
    if (documents.length === 1 && isRecord(content)) return content;
    const why = wrong === undefined ? "" : ` (${reasonOf(wrong)})`;
    problems.add(auditKey, wanted + why, path);
  } catch (error) {
    problems.add(auditKey, `${wanted} (${(error as NodeJS.ErrnoException).code ?? "unreadable"})`, path);
  }
  return undefined;
}

function checkRules(value: unknown, at: string, problems: Problems): void {
  if (Array.isArray(value) && value.length > 0) listOf(checkRule)(value, at, problems);
  else problems.add(at, "a list of one rule or more", value);
}

function checkRule(value: unknown, at: string, problems: Problems): void {
  checkFields(ruleFields, ["level"])(value, at, problems);
  if (!isRecord(value) || !hasItems(value.nonResourceURLs)) return;
  if (hasItems(value.resources) || hasItems(value.namespaces)) {
    const expected = "no value, because the rule has resources or namespaces, and no request has both";
    problems.add(`${at}.nonResourceURLs`, expected, value.nonResourceURLs);
  }
}

function checkGroup(value: unknown, at: string, problems: Problems): void {
  checkFields(groupFields)(value, at, problems);
  if (isRecord(value) && hasItems(value.resourceNames) && !hasItems(value.resources)) {
    problems.add(`${at}.resourceNames`, "no value, because the group names no resources", value.resourceNames);
  }
}

function checkFields(fields: Readonly<Record<string, Check>>, required: readonly string[] = []): Check {
  return (value, at, problems) => {
    if (!isRecord(value)) {
      problems.add(at, "an object", value);
      return;
    }
    for (const field of required.filter((name) => !(name in value)))
      fields[field]?.(undefined, `${at}.${field}`, problems);
    for (const [field, given] of Object.entries(value)) {
      const check = Object.hasOwn(fields, field) ? fields[field] : undefined;
      if (check !== undefined) check(given, `${at}.${field}`, problems);
      else problems.add(`${at}.${field}`, `one of the known fields (${nearest(field, Object.keys(fields))})`, given);
    }
  };
}

function listOf(check: Check): Check {
  return (value, at, problems) => {
    if (!Array.isArray(value)) problems.add(at, "a list", value);
    else for (const [index, item] of value.entries()) check(item, `${at}[${index}]`, problems);
  };
}

function oneOf(known: readonly string[]): Check {
  const expected = `${known.slice(0, -1).join(", ")}${known.length > 1 ? " or " : ""}${known.at(-1)}`;
  return (value, at, problems) => {
    if (typeof value !== "string" || !known.includes(value)) problems.add(at, expected, value);
  };
}

function matching(pattern: RegExp, expected: string): Check {
  return (value, at, problems) => {
    if (typeof value !== "string" || !pattern.test(value)) problems.add(at, expected, value);
  };
}

function checkBoolean(value: unknown, at: string, problems: Problems): void {
  if (typeof value !== "boolean") problems.add(at, "true or false", value);
}

function checkObject(value: unknown, at: string, problems: Problems): void {
  if (!isRecord(value)) problems.add(at, "an object", value);
}

function hasItems(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
}
