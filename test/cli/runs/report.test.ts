import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import schema from "../../../docs/run-record.schema.json" with { type: "json" };
import { addChanges, readChanges } from "../../../cli/runs/changes.ts";
import { reportPage } from "../../../cli/runs/report.ts";
import { readVirshVersion } from "../../../cli/runs/surroundings.ts";
import { exampleRecord } from "./example-record.ts";

describe("the page about a run", () => {
  test("has a bar for each phase of each node, the longest as wide as the column", () => {
    const page = reportPage(exampleRecord());
    expect(page.match(/class="bar"/g)).toHaveLength(4);
    expect(page).toContain('<td>master</td><td>boot</td><td class="number">60</td>');
    expect(page).toContain('style="width:100.0%"');
    expect(page).toContain('style="width:5.0%"');
  });

  test("stands alone: no script, nothing loaded", () => {
    const page = reportPage(exampleRecord());
    expect(page).not.toMatch(/<script|<link|<img|<iframe|src=|href=|url\(|@import/);
    expect(page).toContain("default-src 'none'");
  });

  test("escapes every value and every key", () => {
    const evil = `<img src=x onerror="a('b')">&`;
    const page = reportPage(
      exampleRecord({
        stack: evil,
        cluster: evil,
        arguments: [evil],
        notes: [evil],
        configuration: { [evil]: evil, list: [evil] },
        nodes: [{ name: evil, role: "worker", address: evil, image: evil, pool: evil }],
        timings: { [evil]: { [evil]: 1 } },
        image: { location: evil, sha256: evil, manifest: { versions: { [evil]: evil } } },
      }),
    );
    expect(page).not.toContain("<img");
    expect(page).not.toMatch(/onerror=["']/);
    expect(page.match(/&lt;img src=x onerror=/g)?.length).toBeGreaterThanOrEqual(14);
  });

  test("says of each node which pool it is of and which image it runs", () => {
    const page = reportPage(exampleRecord());
    expect(page).toContain("<td>worker</td><td>workers</td><td>192.168.222.230</td><td>abababababab</td>");
    expect(page).toContain("<td>control-plane</td><td></td><td>192.168.222.10</td><td>abababababab</td>");
  });

  test("says what is missing of a run that failed", () => {
    const page = reportPage(
      exampleRecord({ outcome: "failed", exitCode: 1, changes: null, nodes: [], timings: {}, git: null }),
    );
    expect(page).toContain('<h1 class="failed">up dev: failed</h1>');
    expect(page).toContain("did not get so far");
    expect(page).toContain("not a repository");
    expect(page).not.toContain('class="bar"');
  });

  test("has no secret that a value brought along", () => {
    const page = reportPage(exampleRecord({ notes: ["token abcdef.0123456789abcdef"] }));
    expect(page).toContain("token [redacted]");
    expect(page).not.toContain("0123456789abcdef");
  });
});

describe("the schema of the record", () => {
  const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(schema);

  test("takes a record", () => {
    expect(validate(exampleRecord())).toBe(true);
  });

  test.each([
    ["another format", { formatVersion: 2 }],
    ["a field it does not know", { unknown: 1 }],
    ["a local time", { start: "2026-11-21 10:00:00" }],
    ["an outcome it does not know", { outcome: "done" }],
    ["a timing that is text", { timings: { master: { boot: "60 s" } } }],
    ["a node without an address", { nodes: [{ name: "master", role: "control-plane", image: "ab".repeat(32) }] }],
    ["a node without an image", { nodes: [{ name: "master", role: "control-plane", address: "192.168.222.10" }] }],
    ["a node with what it does not know", { nodes: [{ ...exampleRecord().nodes[0], uuid: "" }] }],
  ])("refuses %s", (_, changed) => {
    expect(validate({ ...exampleRecord(), ...changed })).toBe(false);
  });

  test.each(Object.keys(exampleRecord()))("refuses a record without %s", (field) => {
    const incomplete = Object.fromEntries(Object.entries(exampleRecord()).filter(([key]) => key !== field));
    expect(validate(incomplete)).toBe(false);
  });
});

describe("what changed is read from Pulumi's summary", () => {
  const summary = "\nResources:\n    + 2 created\n    +-1 replaced\n    3 changes. 12 unchanged\n\nDuration: 9s\n";
  const none = { created: 0, updated: 0, deleted: 0, replaced: 0, same: 0 };

  test.each([
    ["an update", `Updating (lab):\n${summary}`, { ...none, created: 2, replaced: 1, same: 12 }],
    ["one after its preview", `Resources:\n    + 9 to create\n\nUpdating (lab):\n${summary}`, { created: 2 }],
    ["one that changed nothing", "Updating (lab):\n\nResources:\n    5 unchanged\n", { ...none, same: 5 }],
    ["one that failed", "Updating (lab):\n\nResources:\n    - 1 deleted\n    1 errored\n", { ...none, deleted: 1 }],
    [
      "one whose program prints counts",
      `Updating (lab):\n 7 created\n${summary}9 deleted\n`,
      { created: 2, deleted: 0 },
    ],
  ])("of %s", (_, log, changes) => {
    expect(readChanges(log)).toMatchObject(changes);
  });

  test.each([
    ["a preview", "Previewing update (lab):\n\nResources:\n    + 2 to create\n    5 unchanged\n"],
    ["an update that was cut off", "Updating (lab):\n + creating\n"],
    ["nothing", ""],
  ])("not of %s", (_, log) => {
    expect(readChanges(log)).toBe(undefined);
  });

  test("and summed up over several updates", () => {
    const changes = { created: 1, updated: 2, deleted: 3, replaced: 4, same: 5 };
    expect(addChanges(undefined, changes)).toEqual(changes);
    expect(addChanges(changes, { ...changes, same: 9 })).toEqual({
      created: 2,
      updated: 4,
      deleted: 6,
      replaced: 8,
      same: 9,
    });
  });
});

test("versions of the hypervisor are read from virsh", () => {
  const text =
    "Compiled against library: libvirt 9.0.0\nUsing library: libvirt 9.0.1\nUsing API: QEMU 9.0.1\nRunning hypervisor: QEMU 7.2.22\n";
  expect(readVirshVersion(text)).toEqual({ libvirt: "9.0.1", qemu: "7.2.22" });
  expect(readVirshVersion("error: failed to connect")).toEqual({ libvirt: null, qemu: null });
});
