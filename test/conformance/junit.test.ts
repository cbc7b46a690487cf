import { describe, expect, it } from "vitest";
import { readJunit } from "./junit.ts";

const secret = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl";
const row = (name: string, status: string, inner = "", time = "1.25") =>
  `<testcase name="${name}" classname="Kubernetes e2e suite" status="${status}" time="${time}">${inner}</testcase>`;
const document = (...rows: readonly string[]) =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites><testsuite name="Kubernetes e2e suite">` +
  `<properties><property name="RandomSeed" value="1"/></properties>${rows.join("")}</testsuite></testsuites>`;
const read = (rows: readonly string[], chosen: readonly string[] = ["a"]) =>
  readJunit(document(...rows), chosen).results;

describe("the results in a report of Ginkgo", () => {
  it("have the duration of a case that passed", () => {
    expect(read([row("[It] a", "passed")])).toEqual([{ name: "a", outcome: "passed", seconds: 1.25 }]);
  });

  it.each(["failed", "panicked", "timedout", "aborted"])("have the first line of a case that %s", (status) => {
    const failure = `<failure type="${status}">[FAILED] expected 2 pods\nIn [It] at: a.go:7</failure>`;
    expect(read([row("[It] a", status, failure)])).toEqual([
      { name: "a", outcome: "failed", seconds: 1.25, reason: "expected 2 pods" },
    ]);
  });

  it("have no secret in a reason", () => {
    const [result] = read([row("[It] a", "failed", `<failure>wanted token: ${secret}</failure>`)]);
    expect(result?.reason).toBe("wanted token: [redacted]");
  });

  it("have a short reason", () => {
    const [result] = read([row("[It] a", "failed", `<failure>${"x".repeat(500)}</failure>`)]);
    expect(result?.reason).toBe(`${"x".repeat(200)}…`);
  });

  it("tell a case that skipped itself from one that did not run", () => {
    const skipped = (message: string) => `<skipped message="${message}"/>`;
    const rows = [
      row("[It] a", "skipped", skipped("skipped - At least 2 nodes are required")),
      row("[It] b", "skipped", skipped("skipped")),
    ];
    expect(read(rows, ["a", "b", "c"])).toEqual([
      { name: "a", outcome: "skipped", seconds: 1.25, reason: "At least 2 nodes are required" },
      { name: "b", outcome: "not run", seconds: 1.25 },
      { name: "c", outcome: "not run", seconds: 0 },
    ]);
  });

  it("have the case in which the run was interrupted", () => {
    const error = `<error type="interrupted">[INTERRUPTED] Interrupted by User</error>`;
    expect(read([row("[It] a", "interrupted", error)])).toEqual([
      { name: "a", outcome: "interrupted", seconds: 1.25, reason: "Interrupted by User" },
    ]);
  });

  it("have a preparation that failed, and none that passed", () => {
    const rows = [
      row("[SynchronizedBeforeSuite]", "failed", "<failure>[FAILED] no node is Ready</failure>"),
      row("[SynchronizedAfterSuite]", "passed"),
      row("[ReportAfterSuite] Kubernetes e2e suite report", "passed"),
      row("[It] a", "skipped", `<skipped message="skipped"/>`),
    ];
    expect(read(rows).map(({ name, outcome }) => [name, outcome])).toEqual([
      ["[SynchronizedBeforeSuite]", "failed"],
      ["a", "not run"],
    ]);
  });

  it("have no case that was not chosen", () => {
    expect(read([row("[It] a", "passed"), row("[It] b", "failed")]).map(({ name }) => name)).toEqual(["a"]);
  });
});

describe("the kept report", () => {
  const log = `<system-err>token: ${secret}</system-err>`;
  const rows = [row("[It] b", "skipped"), row("[It] a", "passed", log), row("[It] c", "skipped")];
  const { xml } = readJunit(document(...rows.map((text) => `\n  ${text}`)), ["a"]);

  it("has the chosen cases and the properties of the run, and can be read again", () => {
    expect(xml.match(/<testcase name="[^"]*"/g)).toEqual(['<testcase name="[It] a"']);
    expect(xml).toContain('<property name="RandomSeed" value="1"/>');
    expect(xml.split("\n")).toHaveLength(3);
    expect(readJunit(xml, ["a"]).results).toEqual([{ name: "a", outcome: "passed", seconds: 1.25 }]);
  });

  it("has no secret", () => {
    expect(xml).toContain("token: [redacted]</system-err>");
    expect(xml).not.toContain(secret);
  });
});

it("a text that is no report is refused", () => {
  expect(() => readJunit("panic: runtime error", ["a"])).toThrow(/Fix: /);
});
