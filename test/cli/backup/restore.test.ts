import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { planRestore, restoreBackup } from "../../../cli/backup/restore.ts";
import { takeBackup } from "../../../cli/backup/take-backup.ts";
import { verifyBackup } from "../../../cli/backup/verify.ts";
import { sha256 } from "../../../lib/digest.ts";
import { test } from "../../support/folder.ts";
import { findProgramsInFolder, programsIn, sendingSsh, sessionIn, stateOf } from "./stack.ts";
import { snapshotOf } from "./streams.ts";

findProgramsInFolder();

const header = { cluster: "lab", clusterId: "id-1", kubernetesVersion: "v1.36.1" };

describe("the plan of a restore", () => {
  test.for([
    ["the same cluster", header, false, { isSameCluster: true, needsEmpty: false }],
    [
      "a new cluster of the same name",
      { ...header, clusterId: "id-0" },
      false,
      { isSameCluster: false, needsEmpty: true },
    ],
    ["a new cluster, by force", { ...header, clusterId: "id-0" }, true, { isSameCluster: false, needsEmpty: false }],
    ["a cluster without an id", { ...header, clusterId: "" }, false, { isSameCluster: false, needsEmpty: true }],
    [
      "another cluster, by force",
      { ...header, cluster: "x", clusterId: "id-0" },
      true,
      { isSameCluster: false, needsEmpty: false },
    ],
  ] as const)("onto %s", ([, given, force, plan]) => {
    expect(planRestore(given, stateOf(), force)).toEqual(plan);
  });

  test.for([
    [
      "a cluster of another name",
      { ...header, cluster: "x" },
      "the backup is of cluster x, and the stack has cluster lab",
    ],
    [
      "an older Kubernetes",
      { ...header, kubernetesVersion: "v1.37.0" },
      "the backup is of Kubernetes v1.37.0, and the cluster runs v1.36.3. Fix: restore it onto a cluster of v1.37",
    ],
  ] as const)("refuses %s", ([, given, message]) => {
    expect(() => planRestore(given, stateOf(), false)).toThrow(message);
  });

  test("needs a cluster, but no outputs of a complete up", () => {
    expect(() => planRestore(header, { resources: [], pending: [] }, true)).toThrow("the stack has no cluster");
    const unfinished = {
      ...stateOf(),
      resources: stateOf().resources.filter(({ type }) => type !== "pulumi:pulumi:Stack"),
    };
    expect(planRestore(header, unfinished, false).isSameCluster).toBe(true);
  });
});

describe("a restore", () => {
  const another = { isSameCluster: false, needsEmpty: true };
  const prepared = async (folder: string, ssh: string, more: readonly string[] = [], plan = another) => {
    await programsIn(folder, sendingSsh(undefined, more));
    const session = sessionIn(folder);
    const { path } = await takeBackup(session, stateOf(), { folder: join(folder, "backups"), log: () => undefined });
    const backup = await verifyBackup(path, session);
    const program = join(folder, "etcdutl");
    await writeFile(program, Buffer.from([0x7f, 0, 10, 255]));
    await programsIn(folder, ssh);
    const lines: string[] = [];
    const log = (line: string) => void lines.push(line);
    return { lines, restore: () => restoreBackup(session, stateOf("id-2"), path, backup, plan, { program, log }) };
  };

  test("sends keys, etcdutl and the snapshot on standard input, and no secret as a parameter", async ({ folder }) => {
    const { restore, lines } = await prepared(
      folder,
      `read -r size; head -c "$size" >'${folder}/program'; cat >'${folder}/input'
echo '[   2s] stopping' >&2; echo '{"seconds":90,"stay":["one"],"again":["two"]}'`,
    );
    expect(await restore()).toEqual({ seconds: 90, stay: ["one"], again: ["two"] });
    expect(lines).toEqual(["master: [   2s] stopping"]);
    const input = await readFile(join(folder, "input"));
    const expected = [Buffer.from("YQ==\nYQ==\n\n"), Buffer.from([0x7f, 0, 10, 255]), snapshotOf(3)];
    expect(input.equals(Buffer.concat(expected))).toBe(true);
    const program = await readFile(join(folder, "program"), "utf8");
    const assigned = Object.entries({
      ...{
        NODE_NAME: "master",
        VERSION: "v1.36.3",
        EMPTY: "yes",
        SECRETS_ENCRYPTED: "no",
        FILES: 0,
        PROGRAM_SIZE: 4,
        SNAPSHOT_SIZE: snapshotOf(3).length,
      },
      SNAPSHOT_SHA256: sha256(snapshotOf(3)),
    });
    for (const [name, value] of assigned) expect(program).toContain(`\n${name}='${value}'\n`);
    expect(program).not.toContain("YQ==");
  });

  test("sends the files of the same cluster on standard input, for a blank data disk", async ({ folder }) => {
    const ssh = `read -r size; head -c "$size" >'${folder}/program'; head -n 7 >'${folder}/lines'; cat >/dev/null
echo '{"seconds":90,"stay":[],"again":[]}'`;
    const { restore } = await prepared(folder, ssh, [], { isSameCluster: true, needsEmpty: false });
    await restore();
    const files = ["pki/ca.crt", "pki/ca.key", "pki/sa.key", "pki/sa.pub"].map((name) => `${name} 600 YQ==\n`);
    expect(await readFile(join(folder, "lines"), "utf8")).toBe(["YQ==\nYQ==\n\n", ...files].join(""));
    const program = await readFile(join(folder, "program"), "utf8");
    expect(program).toContain("\nFILES='4'\n");
    expect(program).not.toContain("YQ==");
  });

  test("sends the key of the secrets on standard input, and whether all are encrypted as a parameter", async ({
    folder,
  }) => {
    const ssh = `read -r size; head -c "$size" >'${folder}/program'; head -n 3 >'${folder}/lines'; cat >/dev/null
echo '{"seconds":90,"stay":[],"again":[]}'`;
    for (const [mark, value] of [
      [[], "no"],
      [["nodeforge-encrypted"], "yes"],
    ] as const) {
      const { restore } = await prepared(folder, ssh, ["nodeforge-encryption.json", ...mark]);
      await restore();
      expect(await readFile(join(folder, "lines"), "utf8")).toBe("YQ==\nYQ==\nYQ==\n");
      expect(await readFile(join(folder, "program"), "utf8")).toContain(`\nSECRETS_ENCRYPTED='${value}'\n`);
    }
  });

  test.for([
    [
      "cat >/dev/null; echo '[  9s] FAILED: the API server: still missing' >&2; exit 1",
      "restore-control-plane on master: the API server: still missing",
    ],
    ["exec <&-; echo '[  1s] FAILED: no room' >&2; exit 1", "restore-control-plane on master: no room"],
    ["cat >/dev/null; echo '{}'", "the control plane did not say how the restore ended"],
    [
      'cat >/dev/null; echo \'{"seconds":1,"stay":["$x"],"again":[]}\'',
      "the control plane did not say how the restore ended",
    ],
  ] as const)("fails with the reason of %s", async ([ssh, message], { folder }) => {
    const { restore } = await prepared(folder, ssh);
    await expect(restore()).rejects.toThrow(message);
  });
});
