import { chmod, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { test } from "../support/folder.ts";
import { focusOf, runSuite } from "./suite.ts";

const chosen = ["[sig-a] A (1) [Conformance]", "[sig-b] B, b [Conformance]"];
const report = (second: string) =>
  `<testsuites><testsuite><testcase name="[It] ${chosen[0]}" status="passed" time="1.5"/>` +
  `<testcase name="[It] ${chosen[1]}" status="${second}" time="0.5"/></testsuite></testsuites>`;

/** Runs a shell script in place of the tests. `$REPORT` is the path of its report. */
async function runScript(
  folder: string,
  script: string,
  signal = new AbortController().signal,
  within: readonly string[] = [],
) {
  const program = join(folder, "e2e-test");
  const head = `#!/bin/bash\nREPORT=reports/junit_01.xml; mkdir -p reports\nprintf '%s\\n' "$@" >arguments; env >environment\n`;
  await writeFile(program, head + script);
  await chmod(program, 0o755);
  const log = join(folder, "conformance.log");
  const kubeconfig = join(folder, "access", "kubeconfig");
  const own = { kubeconfig, kubectl: "/opt/kubectl", domain: "lab.local" };
  const results = await runSuite({ ...own, program, chosen, folder, log, signal, within }).then(
    (junit) => junit.results,
  );
  return { results, log: await readFile(log, "utf8") };
}

const linesOf = async (folder: string, file: string) => (await readFile(join(folder, file), "utf8")).split("\n");

describe("a run of the tests", () => {
  test("returns the results of the report", async ({ folder }) => {
    const { results } = await runScript(folder, `echo '${report("failed")}' >$REPORT; exit 1`);
    expect(results.map(({ name, outcome }) => [name, outcome])).toEqual([
      [chosen[0], "passed"],
      [chosen[1], "failed"],
    ]);
  });

  test("gets the cases, the domain and kubectl, and no kubeconfig in its arguments", async ({ folder }) => {
    await runScript(folder, `echo '${report("passed")}' >$REPORT`);
    const args = await linesOf(folder, "arguments");
    expect(args).toEqual(
      expect.arrayContaining([
        `--ginkgo.focus=${focusOf(chosen)}`,
        "--dns-domain=lab.local",
        "--kubectl-path=/opt/kubectl",
        `--report-dir=${folder}/reports`,
      ]),
    );
    expect(args.filter((line) => line.includes("kubeconfig"))).toEqual([]);
    const environment = await linesOf(folder, "environment");
    expect(environment).toContain(`KUBECONFIG=${folder}/access/kubeconfig`);
    expect(environment).toContain(`TMPDIR=${folder}`);
  });

  test("leaves a log without secrets that only its owner can read", async ({ folder }) => {
    const script = `echo 'token: eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl' >&2; echo done; echo '${report("passed")}' >$REPORT`;
    const { log } = await runScript(folder, script);
    expect(log).toContain("done\n");
    expect(log).toContain("token: ");
    expect(log).not.toContain("c2lnbmF0dXJl");
    expect((await stat(join(folder, "conformance.log"))).mode & 0o777).toBe(0o600);
  });

  test("that is interrupted gets one request to end, and its report counts", async ({ folder }) => {
    const stop = new AbortController();
    // The script waits for the signal, and no longer than 20 s. Bash can lose a signal during $(seq 200).
    const script = `end() { echo interrupted; echo '${report("interrupted")}' >$REPORT; exit 1; }
trap end INT
echo ready >started
for ((i = 0; i < 200; i++)); do sleep 0.1; done`;
    const running = runScript(folder, script, stop.signal);
    await expect.poll(() => readFile(join(folder, "started"), "utf8").catch(() => "")).toBe("ready\n");
    stop.abort();
    const { results, log } = await running;
    expect(results.map(({ outcome }) => outcome)).toEqual(["passed", "interrupted"]);
    expect(log).toBe("interrupted\n");
  });

  test("in other namespaces is interrupted, too, although the command that enters them passes no signal on", async ({
    folder,
  }) => {
    const enter = join(folder, "enter");
    await writeFile(enter, `#!/bin/bash\necho "$1" >"$(dirname "$0")/entered"; shift\n"$@" & wait\n`);
    await chmod(enter, 0o755);
    const stop = new AbortController();
    // A background program ignores SIGINT, and bash cannot undo that.
    const program = `const end = () => setTimeout(() => {
  require("fs").writeFileSync("reports/junit_01.xml", ${JSON.stringify(report("interrupted"))});
  console.log("reported");
  process.exit();
}, 500);
process.on("SIGINT", end);
setTimeout(() => process.exit(1), 20_000);
require("fs").writeFileSync("started", "ready\\n");`;
    await writeFile(join(folder, "program.cjs"), program);
    const script = `exec "${process.execPath}" program.cjs`;
    const running = runScript(folder, script, stop.signal, [enter, "--net"]);
    await expect.poll(() => readFile(join(folder, "started"), "utf8").catch(() => "")).toBe("ready\n");
    stop.abort();
    const { results, log } = await running;
    expect(results.map(({ outcome }) => outcome)).toEqual(["passed", "interrupted"]);
    expect(log).toBe("reported\n");
    expect(await linesOf(folder, "entered")).toEqual(["--net", ""]);
  });

  test("that is interrupted before its first case has no result", async ({ folder }) => {
    const { results } = await runScript(folder, "exec sleep 1", AbortSignal.abort());
    expect(results.map(({ outcome }) => outcome)).toEqual(["not run", "not run"]);
  });

  test("without a report names the log", async ({ folder }) => {
    await expect(runScript(folder, "echo flag provided but not defined; exit 3")).rejects.toThrow(
      `the tests ended without a report (3). Fix: read the end of ${folder}/conformance.log`,
    );
  });
});

describe("the pattern of the cases", () => {
  const matches = (name: string) => new RegExp(focusOf(chosen)).test(`Kubernetes e2e suite ${name}`);

  test("matches each of them", () => {
    expect(chosen.filter((name) => !matches(name))).toEqual([]);
  });

  test.each(["[sig-a] A 1 [Conformance]", `${chosen[0]} more`, `more ${chosen[1]}`, "sig-a"])(
    "does not match %s",
    (name) => {
      expect(matches(name)).toBe(false);
    },
  );
});
