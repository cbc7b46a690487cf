import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { inCheckout } from "../../lib/checkout.ts";
import { longest, readExceptions } from "./exceptions.ts";
import type { Answer, Finding } from "./finding.ts";
import { isUnreachable, readGovulncheck } from "./govulncheck.ts";
import { readNpmAudit } from "./npm-audit.ts";
import { judge } from "./verdict.ts";

const now = Date.parse("2026-11-27T12:00:00Z");
const ghsa = "GHSA-2222-3333-4444";
const go = "GO-2026-9001";

const exceptionsOf = (...entries: readonly object[]) => readExceptions(JSON.stringify({ exceptions: entries }), now);
const exception = (id: string, expires = "2026-12-31", more = {}) => ({
  id,
  reason: "no input reaches it",
  expires,
  ...more,
});
const finding = (id: string): Finding => ({
  database: id.startsWith("GO") ? "Go" : "npm",
  id,
  packages: ["left"],
  summary: "Overflow",
  fix: "left@2.0.0",
});
const none: Answer = { findings: [] };

describe("the exceptions", () => {
  it("of this checkout are valid today", () => {
    const text = readFileSync(inCheckout("audit-exceptions.yaml"), "utf8");
    expect(readExceptions(text, Date.now()).problems).toEqual([]);
  });

  it("of both databases are read, with the day as YAML or as text", () => {
    const text = `exceptions:\n  - {id: ${ghsa}, reason: a, expires: 2026-11-27}\n  - {id: ${go}, reason: b, expires: "2026-12-01"}\n`;
    expect(readExceptions(text, now)).toEqual({
      valid: [
        { id: ghsa, database: "npm", reason: "a", expires: "2026-11-27" },
        { id: go, database: "Go", reason: "b", expires: "2026-12-01" },
      ],
      problems: [],
    });
  });

  it.each([
    [
      "that expired yesterday",
      exception(ghsa, "2026-11-26"),
      /^GHSA-2222-3333-4444: its exception expired on 2026-11-26\. Fix: /,
    ],
    [
      "of a day too late",
      exception(go, "2027-05-27"),
      /^GO-2026-9001: its exception ends on 2027-05-27, more than 180 days from today\. Fix: /,
    ],
    ["without a day", { id: go, reason: "a" }, /^GO-2026-9001: expires is missing, expected a day like/],
    [
      "of a day that does not exist",
      exception(go, "2027-02-30"),
      /^GO-2026-9001: expires is "2027-02-30", expected a day like/,
    ],
    [
      "with a time",
      exception(go, "2026-12-31T00:00:00Z"),
      /^GO-2026-9001: expires is "2026-12-31T00:00:00Z", expected a day like/,
    ],
    [
      "without a reason",
      exception(go, undefined, { reason: " " }),
      /^GO-2026-9001: its exception has no reason\. Fix: /,
    ],
    ["of an unknown identifier", exception("CVE-2026-1"), /^CVE-2026-1: unknown identifier, expected one like GHSA-/],
    [
      "with an unknown field",
      exception(go, undefined, { severity: "low" }),
      /^GO-2026-9001: unknown field severity, expected /,
    ],
    ["without an identifier", { reason: "a", expires: "2026-12-31" }, /^exception 1: it has no id\. Fix: /],
    ["that is a text", "GO-2026-9001", /^exception 1: it has no id\. Fix: /],
  ])("refuse one %s by its name", (_, entry, problem) => {
    const { valid, problems } = readExceptions(JSON.stringify({ exceptions: [entry] }), now);
    expect(valid).toEqual([]);
    expect(problems).toEqual([expect.stringMatching(problem)]);
  });

  it(`may end in ${longest} days`, () => {
    expect(exceptionsOf(exception(go, "2027-05-26")).problems).toEqual([]);
  });

  it("are refused where two have one identifier", () => {
    const { valid, problems } = exceptionsOf(exception(go), exception(go));
    expect(valid).toHaveLength(1);
    expect(problems).toEqual(["GO-2026-9001: two exceptions have it. Fix: delete one"]);
  });

  it.each(["", "exceptions:\n", "- id: x\n"])("are refused in the file %j", (text) => {
    expect(() => readExceptions(text, now)).toThrow(
      "audit-exceptions.yaml has no list `exceptions`. Fix: write `exceptions: []`",
    );
  });
});

describe("the report of npm", () => {
  const advisory = { source: 1, title: "Overflow", url: `https://github.com/advisories/${ghsa}`, severity: "high" };
  const reportOf = (vulnerabilities: object) => JSON.stringify({ auditReportVersion: 2, vulnerabilities });

  it("has each advisory once, with the packages that it names", () => {
    const output = reportOf({
      left: { name: "left", via: [advisory], fixAvailable: true },
      right: { name: "right", via: ["left"], fixAvailable: true },
      fork: { name: "fork", via: ["left", advisory], fixAvailable: { name: "fork", version: "2.0.0" } },
    });
    expect(readNpmAudit(output)).toEqual({
      findings: [
        { database: "npm", id: ghsa, packages: ["fork", "left"], summary: "Overflow (high)", fix: "fork@2.0.0" },
      ],
    });
  });

  it("has no findings where there are none", () => {
    expect(readNpmAudit(reportOf({}))).toEqual(none);
  });

  it.each([
    [
      { message: "405 Method Not Allowed - POST", method: "POST", headers: {}, statusCode: 405, body: {} },
      "405 Method Not Allowed - POST",
    ],
    [{ error: { code: "ENOTFOUND", summary: "getaddrinfo failed", detail: "" } }, "getaddrinfo failed"],
  ])("of a registry without advisories says so: %j", (output, unavailable) => {
    expect(readNpmAudit(JSON.stringify(output))).toEqual({ unavailable });
  });

  it("of another form is refused", () => {
    expect(() => readNpmAudit("{}")).toThrow("npm audit wrote a report of version none, expected 2. Fix: ");
    expect(() => readNpmAudit("npm ERR!")).toThrow('npm audit wrote no JSON, got "npm ERR!"');
  });
});

describe("the messages of govulncheck", () => {
  // Recorded from govulncheck 1.9.0 on tools/go/etcd, with a database of two made-up vulnerabilities.
  const recorded = readFileSync(new URL("govulncheck-output.json.txt", import.meta.url), "utf8");

  it("have a finding for a vulnerable package that is imported, and none for another package of a module", () => {
    expect(recorded).toContain('"osv": "GO-2026-9002"');
    expect(readGovulncheck(recorded)).toEqual({
      findings: [
        {
          database: "Go",
          id: go,
          packages: ["github.com/beorn7/perks"],
          summary: "Made-up vulnerability in github.com/beorn7/perks",
          fix: "github.com/beorn7/perks@v1.9.9",
        },
      ],
    });
  });

  it("are refused in another protocol, and cut off", () => {
    expect(() => readGovulncheck(recorded.replace('"v1.0.0"', '"v2.0.0"'))).toThrow(
      "govulncheck speaks protocol v2.0.0",
    );
    expect(() => readGovulncheck("")).toThrow("govulncheck speaks protocol none, expected v1.");
    expect(() => readGovulncheck(recorded.slice(0, -10))).toThrow("govulncheck wrote no stream of JSON");
  });

  it("say that the database cannot be reached, apart from another failure", () => {
    const message = 'govulncheck: fetching vulnerabilities: Get "https://vuln.go.dev/index/modules.json.gz": dial tcp';
    expect(isUnreachable(`${message}: no such host\n`)).toBe(true);
    expect(isUnreachable("govulncheck: loading packages: \nThere are errors with the provided package patterns")).toBe(
      false,
    );
  });
});

describe("the verdict", () => {
  const answers = (npm: Answer, goAnswer: Answer) => ({ npm, Go: goAnswer });
  const offline = { unavailable: "no such host" };

  it("is 0 without findings and exceptions", () => {
    expect(judge(answers(none, none), exceptionsOf())).toEqual({
      lines: ["0 known vulnerabilities, 0 accepted, 0 problems"],
      exitCode: 0,
    });
  });

  it("names each finding without an exception, and how to fix it", () => {
    const { lines, exitCode } = judge(
      answers({ findings: [finding(ghsa)] }, { findings: [{ ...finding(go), fix: "" }] }),
      exceptionsOf(),
    );
    expect(exitCode).toBe(1);
    expect(lines).toEqual([
      `${ghsa}: left: Overflow. Fix: update to left@2.0.0`,
      `${go}: left: Overflow. Fix: no fixed version is known; judge it, and add an exception`,
      "2 known vulnerabilities, 0 accepted, 2 problems",
    ]);
  });

  it("accepts a finding with an exception", () => {
    const { lines, exitCode } = judge(answers({ findings: [finding(ghsa)] }, none), exceptionsOf(exception(ghsa)));
    expect(exitCode).toBe(0);
    expect(lines[0]).toBe(`${ghsa}: accepted until 2026-12-31, because no input reaches it`);
  });

  it("fails at an expired exception although its finding is there", () => {
    const exceptions = exceptionsOf(exception(ghsa, "2026-01-01"));
    const { lines, exitCode } = judge(answers({ findings: [finding(ghsa)] }, none), exceptions);
    expect(exitCode).toBe(1);
    expect(lines.at(-1)).toBe("1 known vulnerabilities, 0 accepted, 2 problems");
  });

  it("fails at an exception that no finding needs", () => {
    const { lines, exitCode } = judge(answers(none, none), exceptionsOf(exception(go)));
    expect(exitCode).toBe(1);
    expect(lines[0]).toBe(`${go}: no finding needs its exception. Fix: delete it from audit-exceptions.yaml`);
  });

  it("is 3 when a database was not asked, and does not judge its exceptions", () => {
    const { lines, exitCode } = judge(answers(none, offline), exceptionsOf(exception(go)));
    expect(exitCode).toBe(3);
    expect(lines).toEqual([
      "Go: its database was not asked: no such host",
      "0 known vulnerabilities, 0 accepted, 0 problems",
    ]);
  });

  it("is 1 when a database was not asked and the other has a finding", () => {
    expect(judge(answers({ findings: [finding(ghsa)] }, offline), exceptionsOf()).exitCode).toBe(1);
  });
});
