import { DOMImplementation, XMLSerializer } from "@xmldom/xmldom";
import { redact } from "../../../lib/redact.ts";
import { type BenchmarkData, workloadName } from "./benchmark-data.ts";
import { thresholdChecks } from "./thresholds.ts";

/** Returns the scenario's thresholds as a JUnit report: one test case for each limit. An interrupted benchmark is an error. */
export function junit(data: BenchmarkData): string {
  const checks = thresholdChecks(data);
  const isCut = data.ended === "interrupted";
  const document = new DOMImplementation().createDocument(null, "testsuites");
  const append = (parent: Node, tag: string, attributes: Readonly<Record<string, string>>) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, clean(value));
    parent.appendChild(element);
    return element;
  };
  const root = document.documentElement;
  if (root === null)
    throw new Error("@xmldom/xmldom made a document without its root. Fix: install the pinned version");
  const suite = append(root, "testsuite", {
    name: data.scenario.name,
    tests: String(checks.length + (isCut ? 1 : 0)),
    failures: String(checks.filter(({ failure }) => failure !== undefined).length),
    errors: isCut ? "1" : "0",
    time: String(data.repetitions.reduce((sum, { seconds }) => sum + seconds, 0)),
  });
  for (const { scheduler, name, failure } of checks) {
    const test = append(suite, "testcase", { classname: `${workloadName(data.scenario)}.${scheduler}`, name });
    if (failure !== undefined) append(test, "failure", { message: failure });
  }
  if (isCut) {
    const test = append(suite, "testcase", { classname: workloadName(data.scenario), name: "complete" });
    append(test, "error", { message: "The benchmark was interrupted." });
  }
  return `<?xml version="1.0" encoding="UTF-8"?>\n${new XMLSerializer().serializeToString(document)}\n`;
}

type Node = Parameters<InstanceType<typeof XMLSerializer>["serializeToString"]>[0];

/** Returns a text without secrets and without the control characters that XML 1.0 forbids. */
function clean(text: string): string {
  // eslint-disable-next-line no-control-regex
  return redact(text).replace(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g, " ");
}
