import { existsSync, readdirSync } from "node:fs";
import { chmod, mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { afterEach, describe, expect, vi } from "vitest";
import { fakeSession } from "../cli/runs/fake-session.ts";
import { readStored, validate } from "../cli/runs/recording.ts";
import { test } from "../support/folder.ts";
import { recordCases } from "./stack-cases.ts";

const chosen = ["[sig-a] A [Conformance]", "[sig-b] B [Conformance]"];
const selection = { chosen, leftOut: [{ name: "[sig-c] C [Conformance]", reason: "needs images: agnhost" }] };
const administrator = "client-key-data: c2VjcmV0LWtleQ==";
const report = (second: string) =>
  `<testsuites><testsuite><testcase name="[It] ${chosen[0]}" status="passed" time="1.5"/>` +
  `<testcase name="[It] ${chosen[1]}" status="${second}" time="0.5"/></testsuite></testsuites>`;

/** kubectl on a cluster whose namespaces are the lines of a file. It copies its kubeconfig, and records its arguments. */
const kubectl = `#!/bin/bash
cd "$(dirname "$0")"
case $* in
version*) echo '{"clientVersion":{"gitVersion":"v1.36.3"}}' ;;
*get*) stat -c %a "$KUBECONFIG" >mode; sed 's|^|namespace/|' namespaces ;;
*delete*) for name in "\${@:5}"; do sed -i "/^$name$/d" namespaces; done ;;
esac
echo "$*" >>calls
`;

/** Tests that leave a namespace, and end with the script. */
const head = `#!/bin/bash
OUT=$(dirname "$0")
mkdir reports; REPORT=reports/junit_01.xml
cp "$KUBECONFIG" "$OUT/used"; echo "$KUBECONFIG $PWD" >"$OUT/paths"; echo "$*" >"$OUT/arguments"
echo secrets-1 >>"$OUT/namespaces"
`;

async function prepare(folder: string, script: string) {
  await writeFile(join(folder, "kubectl"), kubectl);
  const program = join(folder, "e2e-test");
  await writeFile(program, head + script);
  for (const path of [join(folder, "kubectl"), program]) await chmod(path, 0o755);
  await writeFile(join(folder, "namespaces"), "other-1\n");
  vi.stubEnv("PATH", [folder, process.env.PATH].join(delimiter));
  const pulumi = join(folder, "session");
  await mkdir(pulumi);
  const fake = fakeSession(pulumi);
  const session = {
    ...fake.session,
    capture: (args: readonly string[]) =>
      args.includes("kubeconfig") ? Promise.resolve(administrator) : fake.session.capture(args),
  };
  const folders = { runs: join(folder, "runs"), state: join(folder, "state") };
  const start = (signal: AbortSignal) =>
    recordCases(session, { selection, program, args: ["--focus", "sig"] }, signal, folders);
  const recorded = () => {
    const [name = ""] = readdirSync(folders.runs);
    return { path: join(folders.runs, name), record: readStored(join(folders.runs, name)) };
  };
  return { start, recorded, read: (file: string) => readFile(join(folder, file), "utf8"), folders };
}

const running = new AbortController().signal;

afterEach(() => {
  vi.unstubAllEnvs();
});

describe("a run of the conformance tests", () => {
  test("is recorded with its results", async ({ folder }) => {
    const { start, recorded } = await prepare(folder, `echo '${report("passed")}' >$REPORT`);
    expect((await start(running)).results.map(({ outcome }) => outcome)).toEqual(["passed", "passed"]);
    const { path, record } = recorded();
    expect(validate(record), JSON.stringify(validate.errors)).toBe(true);
    expect(record).toMatchObject({
      command: "test:conformance",
      arguments: ["--focus", "sig"],
      outcome: "succeeded",
      exitCode: 0,
      notes: [expect.stringMatching(/^2 passed, 0 failed, 0 skipped, 1 left out \(\d+s\)$/)],
    });
    const names = ["conformance.json", "conformance.log", "junit.xml", "record.json", "report.html"];
    expect(readdirSync(path).sort()).toEqual(names);
    for (const name of names) expect((await stat(join(path, name))).mode & 0o777).toBe(0o600);
    const results = JSON.parse(await readFile(join(path, "conformance.json"), "utf8")) as { readonly cases: object[] };
    expect(results.cases).toHaveLength(3);
  });

  test("reads the kubeconfig from a file of its owner, which is gone afterwards", async ({ folder }) => {
    const { start, read, folders } = await prepare(folder, `echo '${report("passed")}' >$REPORT`);
    await start(running);
    expect(await read("used")).toBe(`${administrator}\n`);
    expect(await read("mode")).toBe("600\n");
    const paths = (await read("paths")).trim().split(" ");
    expect(paths).toHaveLength(2);
    expect(paths.filter((path) => existsSync(path))).toEqual([]);
    expect(readdirSync(folders.state)).toEqual([]);
    expect(await read("arguments")).not.toContain("kubeconfig");
  });

  test("deletes the namespaces that it leaves, and no other one", async ({ folder }) => {
    const { start, read } = await prepare(folder, `echo '${report("passed")}' >$REPORT`);
    await start(running);
    expect(await read("namespaces")).toBe("other-1\n");
    expect((await read("calls")).match(/delete namespace.*/g)).toEqual([
      "delete namespace --ignore-not-found --wait=false secrets-1",
    ]);
  });

  test("fails when a case fails", async ({ folder }) => {
    const { start, recorded } = await prepare(folder, `echo '${report("failed")}' >$REPORT; exit 1`);
    await start(running);
    expect(recorded().record).toMatchObject({ outcome: "failed", exitCode: 1 });
  });

  test("fails when the program has no report, and cleans up", async ({ folder }) => {
    const { start, recorded, read, folders } = await prepare(folder, "exit 2");
    await expect(start(running)).rejects.toThrow("the tests ended without a report (2)");
    expect(recorded().record).toMatchObject({ outcome: "failed", exitCode: 1 });
    expect(await read("namespaces")).toBe("other-1\n");
    expect(readdirSync(folders.state)).toEqual([]);
  });

  test("that is interrupted keeps the results so far, and cleans up", async ({ folder }) => {
    const script = `end() { echo '${report("interrupted")}' >$REPORT; exit 1; }
trap end INT
echo ready >"$OUT/started"
for ((i = 0; i < 200; i++)); do sleep 0.1; done`;
    const { start, recorded, read, folders } = await prepare(folder, script);
    const stop = new AbortController();
    const ended = start(stop.signal);
    await expect.poll(() => existsSync(join(folder, "started")), { timeout: 20_000 }).toBe(true);
    stop.abort();
    expect(await ended).toMatchObject({ isInterrupted: true });
    const { path, record } = recorded();
    expect(record).toMatchObject({ outcome: "interrupted", exitCode: 130 });
    expect(record.notes[0]).toMatch(/^1 passed, 0 failed, 0 skipped, 1 unfinished, 1 left out /);
    expect(await readFile(join(path, "junit.xml"), "utf8")).toContain('status="interrupted"');
    expect(await read("namespaces")).toBe("other-1\n");
    expect(readdirSync(folders.state)).toEqual([]);
  });
});
