import { chmod, readFile, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { afterEach, describe, expect, vi } from "vitest";
import { inCheckout } from "../../lib/checkout.ts";
import { goSets, type GoSet } from "../../tools/go-sets.ts";
import { trackedGoModules } from "../support/go-modules.ts";
import { test } from "../support/folder.ts";
import { scanSets } from "./go-scan.ts";

const recorded = inCheckout("test", "audit", "govulncheck-output.json.txt");
const id = "GO-2026-9001";
const set = (folder: string, more: Partial<GoSet> = {}): GoSet => ({
  folder,
  programs: [{ name: "one", package: "./cmd/one" }],
  ...more,
});

/** Writes a scanner that notes its arguments and CGO_ENABLED, and then does what the commands say. */
async function fakeScanner(folder: string, commands: string) {
  const [path, calls] = [join(folder, "scanner"), join(folder, "calls")];
  await writeFile(path, `#!/usr/bin/env bash\nset -euo pipefail\necho "$CGO_ENABLED $*" >> ${calls}\n${commands}\n`);
  await chmod(path, 0o700);
  return { path, calls: async () => (await readFile(calls, "utf8")).trimEnd().split("\n") };
}

afterEach(() => {
  vi.unstubAllEnvs();
});

/** Puts a `go` first into PATH that lists two packages that tests import. */
async function fakeGo(folder: string) {
  await writeFile(join(folder, "go"), "#!/usr/bin/env bash\nprintf '%s\\n' testing example.org/used '' testing\n");
  await chmod(join(folder, "go"), 0o700);
  vi.stubEnv("PATH", [folder, process.env.PATH].join(delimiter));
}

describe("the scan of Go modules", () => {
  test("asks about every module that git has, each once", async ({ folder }) => {
    await fakeGo(folder);
    const { path, calls } = await fakeScanner(folder, `cat ${recorded}`);
    const answer = await scanSets(path, goSets);
    expect("findings" in answer && answer.findings.map((finding) => finding.id)).toEqual([id]);
    const scanned = (await calls()).map((call) => /-C (\S+) /.exec(call)?.[1]?.slice(inCheckout().length + 1));
    expect(scanned.sort()).toEqual(await trackedGoModules());
    expect(scanned).toContain("bench/reference/scheduler-perf");
    expect(scanned).toContain("benchmarks/schedulers/example");
  });

  test("asks about the packages that the tests of a module of tests import, and of no other module", async ({
    folder,
  }) => {
    await fakeGo(folder);
    const { path, calls } = await fakeScanner(folder, `cat ${recorded}`);
    const native = { programs: [{ name: "two", package: "./cmd/two", cgo: true }] };
    await scanSets(path, [set("/a"), set(folder, { tests: true }), set("/c", native)]);
    expect(await calls()).toEqual([
      "0 -C /a -format json -scan package ./cmd/one",
      `0 -C ${folder} -format json -scan package ./cmd/one testing example.org/used`,
      "1 -C /c -format json -scan package ./cmd/two",
    ]);
  });

  test("joins the packages of a finding of two modules", async ({ folder }) => {
    const other = `if [[ $* == *"/b"* ]]; then sed s,beorn7/perks,other/perks, ${recorded}; else cat ${recorded}; fi`;
    const { path } = await fakeScanner(folder, other);
    expect(await scanSets(path, [set("/a"), set("/b")])).toMatchObject({
      findings: [{ id, packages: ["github.com/beorn7/perks", "github.com/other/perks"] }],
    });
  });

  test("ends where the database cannot be reached", async ({ folder }) => {
    const message = 'govulncheck: fetching vulnerabilities: Get "https://vuln.go.dev/index/modules.json.gz": dial tcp';
    const { path, calls } = await fakeScanner(folder, `echo '${message}' >&2; exit 1`);
    expect(await scanSets(path, [set("/a"), set("/b")])).toEqual({ unavailable: message });
    expect(await calls()).toHaveLength(1);
  });

  test("ends where the tests of a module cannot be listed", async ({ folder }) => {
    const { path, calls } = await fakeScanner(folder, `cat ${recorded}`);
    await fakeGo(folder);
    await writeFile(join(folder, "go"), "#!/usr/bin/env bash\necho 'no required module' >&2\nexit 1\n");
    await expect(scanSets(path, [set(folder, { tests: true })])).rejects.toThrow("no required module");
    await expect(calls()).rejects.toThrow("ENOENT");
  });

  test("names the module at another failure", async ({ folder }) => {
    const { path } = await fakeScanner(folder, "echo 'loading packages: no such package' >&2; exit 1");
    await expect(scanSets(path, [set("/a")])).rejects.toThrow(
      /^govulncheck in \/a: .*\n.*loading packages: no such package/s,
    );
  });
});
