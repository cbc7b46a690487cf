import { DOMParser } from "@xmldom/xmldom";
import { describe, expect, it } from "vitest";
import { junit } from "../../../../cli/bench/export/junit.ts";
import { exampleData } from "./example-data.ts";

function parsed(changes: Parameters<typeof exampleData>[0], metric = "throughput") {
  const data = exampleData(changes);
  const thresholds = [
    { scheduler: "base", metric, atLeast: 101 },
    { scheduler: "base", metric: "throughput", atLeast: 1 },
  ];
  return new DOMParser().parseFromString(junit({ ...data, scenario: { ...data.scenario, thresholds } }), "text/xml");
}

describe("junit.xml", () => {
  it("has a test case for each limit, and a failure for each violated one", () => {
    const document = parsed({});
    expect(document.getElementsByTagName("testcase")).toHaveLength(2);
    expect(document.getElementsByTagName("failure")).toHaveLength(1);
    expect(document.getElementsByTagName("error")).toHaveLength(0);
    expect(document.getElementsByTagName("testsuite")[0]?.getAttribute("failures")).toBe("1");
    expect(document.getElementsByTagName("failure")[0]?.getAttribute("message")).toContain(
      "wanted at least 101 pods/s",
    );
  });

  it("has an error after an interruption", () => {
    const document = parsed({ ended: "interrupted" });
    expect(document.getElementsByTagName("error")).toHaveLength(1);
    expect(document.getElementsByTagName("testsuite")[0]?.getAttribute("tests")).toBe("3");
  });

  it("escapes markup and replaces characters that XML forbids", () => {
    const document = parsed({}, '"/><failure>\u0007&');
    expect(document.getElementsByTagName("failure")).toHaveLength(1);
    expect(document.getElementsByTagName("testcase")[0]?.getAttribute("name")).toBe('"/><failure> & at least 101');
  });
});
