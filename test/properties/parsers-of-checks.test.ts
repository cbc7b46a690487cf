import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { privateKeyProblem } from "../../config/private-key.ts";
import { readExceptions } from "../audit/exceptions.ts";
import { readGovulncheck } from "../audit/govulncheck.ts";
import { readNpmAudit } from "../audit/npm-audit.ts";
import { readJunit } from "../conformance/junit.ts";
import { readCases } from "../conformance/upstream.ts";
import { readMetadata } from "../../image/nixos/nix.ts";
import { inCheckout } from "../../lib/checkout.ts";
import { readClientVersion } from "../../tools/kubectl.ts";
import { sharedFolder } from "../support/folder.ts";
import { allProblemsOf, privateKey, publicKey } from "../support/settings.ts";
import { checkParsers } from "./check-parsers.ts";

const folder = sharedFolder();

/** Reads a file that a key of the configuration names. @throws with each problem as a sentence. */
function readFileOf(key: string): (text: string) => Promise<void> {
  return async (text) => {
    const path = join(folder, key);
    writeFileSync(path, text);
    // Another key is wrong too, because a right configuration has no problems to return.
    const problems = await allProblemsOf({ [key]: path, workers: "x" });
    const found = problems.filter((problem) => problem.key !== "workers");
    if (found.length > 0)
      throw new Error(found.map(({ expected, given }) => `expected ${expected}, got ${given}`).join());
  };
}

const audited = {
  auditReportVersion: 2,
  vulnerabilities: {
    a: {
      name: "a",
      via: ["b", { source: 1, title: "t", url: "https://github.com/advisories/GHSA-2222-3333-4444", severity: "low" }],
      fixAvailable: { name: "a", version: "2.0.0" },
    },
  },
};
const scanned = [
  { config: { protocol_version: "v1.0.0" } },
  { osv: { id: "GO-2026-0001", summary: "s" } },
  { finding: { osv: "GO-2026-0001", fixed_version: "v1.2.3", trace: [{ module: "m", package: "m/p" }] } },
];
const exceptions = { exceptions: [{ id: "GO-2026-0001", reason: "unused", expires: "2026-12-31" }] };
const stage = {
  apiVersion: "kwok.x-k8s.io/v1alpha1",
  kind: "Stage",
  metadata: { name: "s" },
  spec: { resourceRef: { apiGroup: "v1", kind: "Pod" } },
};
const policy = {
  apiVersion: "audit.k8s.io/v1",
  kind: "Policy",
  rules: [
    { level: "Metadata", verbs: ["get"], resources: [{ group: "", resources: ["pods"] }], omitStages: ["Panic"] },
  ],
};

const flake = {
  revision: "0a",
  locks: {
    root: "root",
    nodes: { root: { inputs: { nixpkgs: "nixpkgs" } }, nixpkgs: { locked: { rev: "0b", lastModified: 1700000000 } } },
  },
};

checkParsers("a report about this checkout", [
  ["kubectl version", JSON.stringify({ clientVersion: { gitVersion: "v1.36.3" } }), readClientVersion],
  ["nix flake metadata", JSON.stringify(flake), readMetadata],
  ["npm audit", JSON.stringify(audited), readNpmAudit],
  ["govulncheck", scanned.map((line) => JSON.stringify(line)).join("\n"), (text) => readGovulncheck(pretty(text))],
  ["a private key", privateKey, (text) => privateKeyProblem(text, publicKey)],
]);

checkParsers(
  "a file of XML or YAML",
  [
    [
      "the report of Ginkgo",
      '<testsuites><testsuite><testcase name="[It] a" status="failed" time="1"><failure>f</failure></testcase></testsuite></testsuites>',
      (text) => readJunit(text, ["a"]),
    ],
    ["the conformance tests", JSON.stringify([{ codename: "a", file: "b.go" }]), readCases],
    ["exceptions of an audit", JSON.stringify(exceptions), (text) => readExceptions(text, Date.UTC(2026, 10, 1))],
    ["an audit policy", readFileSync(inCheckout("config", "audit-policy.yaml"), "utf8"), readFileOf("auditPolicy")],
    ["an audit policy in JSON", JSON.stringify(policy), readFileOf("auditPolicy")],
    ["stages of simulated nodes in JSON", JSON.stringify(stage), readFileOf("simulatedStages")],
  ],
  { texts: 25, longTexts: 1 },
);

/** The lines of JSON as govulncheck prints them: only its own braces begin a line. */
function pretty(lines: string): string {
  return lines.replaceAll(/^\{(.*)\}$/gm, "{\n $1\n}");
}
