import { readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { backUpBeforeReplacement, hasInitialized } from "../../../cli/backup/before-replacement.ts";
import { takeBackup } from "../../../cli/backup/take-backup.ts";
import { verifyBackup } from "../../../cli/backup/verify.ts";
import { sha256 } from "../../../lib/digest.ts";
import { test } from "../../support/folder.ts";
import { findProgramsInFolder, programsIn, sendingSsh, sessionIn, stateOf } from "./stack.ts";
import { snapshotOf } from "./streams.ts";

findProgramsInFolder();

const optionsIn = (folder: string, lines: string[] = []) => ({
  folder: join(folder, "backups"),
  log: (line: string) => void lines.push(line),
});
const files = (folder: string) => readdir(join(folder, "backups")).catch(() => []);

describe("a backup of a stack", () => {
  test("is a file with the control plane's facts, and is complete", async ({ folder }) => {
    await programsIn(folder, sendingSsh());
    const lines: string[] = [];
    const { path, header, pruned } = await takeBackup(sessionIn(folder), stateOf(), optionsIn(folder, lines));
    expect(header).toMatchObject({
      ...{ stack: "lab", cluster: "lab", clusterId: "id-1", kubernetesVersion: "v1.36.3", etcdVersion: "3.6.8" },
      ...{ etcdRevision: "42", nodes: ["master", "worker-node-1"], authority: sha256("a") },
    });
    expect(pruned).toEqual([]);
    expect(lines).toEqual(["master: [   1s] reading"]);
    expect(await files(folder)).toEqual([
      expect.stringMatching(/^lab-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ\.nodeforge-backup$/),
    ]);
    const { serviceAccounts, snapshotSize, files: count } = await verifyBackup(path, sessionIn(folder));
    expect([serviceAccounts, snapshotSize, count]).toEqual([
      { private: "YQ==", public: "YQ==" },
      snapshotOf(3).length,
      4,
    ]);
    expect(await verifyBackup(path, sessionIn(folder))).toMatchObject({ secretKeys: "", isEncrypted: false });
    const ssh = await readFile(join(folder, "bin", "ssh.calls"), "utf8");
    expect(ssh).toMatch(
      /StrictHostKeyChecking=yes .* -- 192\.168\.222\.10 sudo -n timeout --kill-after 10 1800 bash -c .* backup-control-plane\n$/,
    );
  });

  test("passes the key to Pulumi on standard input, with the stack's own provider and without its settings", async ({
    folder,
  }) => {
    await programsIn(folder, sendingSsh());
    const session = sessionIn(folder);
    await writeFile(
      session.configFile,
      "secretsprovider: awskms://x\nencryptedkey: abc\nconfig:\n  nodeforge:workers: 3\n",
    );
    const { header } = await takeBackup(session, stateOf(), optionsIn(folder));
    expect(await readFile(join(folder, "bin", "pulumi.seen"), "utf8")).toBe(
      "secretsprovider: awskms://x\nencryptedkey: abc\n",
    );
    expect(header.key).toContain("secretsprovider: awskms://x\nencryptedkey: abc\n");
    const [call, ...more] = (await readFile(join(folder, "bin", "pulumi.calls"), "utf8")).trimEnd().split("\n");
    expect(more).toEqual([]);
    expect(call).toMatch(/^config set backupKey --secret --config-file \S+ --stack lab --non-interactive$/);
    expect(await readFile(session.configFile, "utf8")).not.toContain("backupKey");
  });

  test("needs the provider that encrypted its key", async ({ folder }) => {
    await programsIn(folder, sendingSsh());
    const { path } = await takeBackup(sessionIn(folder), stateOf(), optionsIn(folder));
    await writeFile(join(folder, "bin", "pulumi.wrong"), "");
    await expect(verifyBackup(path, sessionIn(folder))).rejects.toThrow(
      "the backup's key cannot be decrypted by the secrets provider of stack lab: error: incorrect passphrase. Fix: use",
    );
  });

  test("removes the oldest beyond the stack's backupsKept", async ({ folder }) => {
    await programsIn(folder, sendingSsh());
    const taken: string[] = [];
    for (let number = 0; number < 3; number++) {
      const { path, pruned } = await takeBackup(sessionIn(folder, "2"), stateOf(), optionsIn(folder));
      taken.push(path);
      expect(pruned).toHaveLength(number === 2 ? 1 : 0);
    }
    expect((await files(folder)).map((name) => join(folder, "backups", name))).toEqual(taken.slice(1));
  });

  test.for([
    ["echo '[   1s] FAILED: etcd does not answer' >&2; exit 1", "backup-control-plane on master: etcd does not answer"],
    [
      "echo 'Permission denied (publickey).' >&2; exit 255",
      "backup-control-plane on master: Permission denied (publickey).",
    ],
    ["exit 124", "backup-control-plane on master: it did not end within its limit"],
    ["exit 0", "the control plane sent no complete backup"],
    [sendingSsh(""), "the control plane sent no complete backup"],
    [sendingSsh("echo 'FAILED: it ended' >&2; exit 1"), "backup-control-plane on master: it ended"],
  ] as const)("of a control plane that does %s fails and leaves no file", async ([ssh, message], { folder }) => {
    await programsIn(folder, ssh);
    await expect(takeBackup(sessionIn(folder), stateOf(), optionsIn(folder))).rejects.toThrow(message);
    expect(await files(folder)).toEqual([]);
  });

  test("is refused before anything where a setting or the state is wrong", async ({ folder }) => {
    await programsIn(folder, sendingSsh());
    const empty = { resources: [], pending: [] };
    await expect(takeBackup(sessionIn(folder, "none"), stateOf(), optionsIn(folder))).rejects.toThrow(
      'backupsKept is "none"',
    );
    await expect(takeBackup(sessionIn(folder), empty, optionsIn(folder))).rejects.toThrow(
      "the state of stack lab has no control plane. Fix: npm run up -- --stack lab",
    );
    expect((await readdir(join(folder, "bin"))).sort()).toEqual(["pulumi", "ssh"]);
  });
});

describe("before a plan", () => {
  test.for([
    ["machine", "the control plane's machine is replaced or deleted"],
    ["data", "the control plane's data disk is replaced or deleted"],
    ["unknown", "the plan is unknown and may replace the control plane"],
  ] as const)("with the loss %s a backup is taken", async ([loss, plan], { folder }) => {
    await programsIn(folder, sendingSsh());
    const lines: string[] = [];
    expect(await backUpBeforeReplacement(sessionIn(folder), stateOf(), loss, optionsIn(folder, lines))).toBe(true);
    const [name, ...more] = await files(folder);
    expect(more).toEqual([]);
    expect(lines[0]).toBe(`${plan}, so a backup is taken first`);
    expect(lines.at(-1)).toBe(`backup: ${join(folder, "backups", name ?? "")}`);
  });

  test("without a loss none is taken", async ({ folder }) => {
    await programsIn(folder, sendingSsh());
    const lines: string[] = [];
    expect(await backUpBeforeReplacement(sessionIn(folder), stateOf(), undefined, optionsIn(folder, lines))).toBe(
      false,
    );
    expect([await files(folder), lines]).toEqual([[], []]);
  });

  test.for([
    ["machine", "Its data disk stays"],
    ["data", "Its data is lost for ever"],
  ] as const)(
    "with the loss %s a control plane that does not answer is a warning",
    async ([loss, rest], { folder }) => {
      await programsIn(folder, "echo 'Connection timed out' >&2; exit 255");
      const lines: string[] = [];
      expect(await backUpBeforeReplacement(sessionIn(folder), stateOf(), loss, optionsIn(folder, lines))).toBe(false);
      expect(lines).toHaveLength(2);
      expect(lines.at(-1)).toMatch(/^warning: .* is replaced or deleted, and no backup was possible: /);
      expect(lines.at(-1)).toContain(`backup-control-plane on master: Connection timed out. ${rest}. The run goes on`);
    },
  );
});

describe("a state", () => {
  const without = (end: RegExp) => {
    const { resources, pending } = stateOf();
    return { resources: resources.filter(({ urn }) => !end.test(urn)), pending };
  };

  test("has data to back up once the control plane is initialized", () => {
    expect(hasInitialized(stateOf())).toBe(true);
    expect(hasInitialized(without(/-master-init$/))).toBe(false);
    expect(hasInitialized({ resources: [], pending: [] })).toBe(false);
  });

  test("of an interrupted replacement has it, too", () => {
    const { resources, pending } = without(/-master-init$/);
    const complete = resources.map((resource) =>
      resource.type === "pulumi:pulumi:Stack" ? { ...resource, outputs: { nodes: [] } } : resource,
    );
    expect(hasInitialized({ resources: complete, pending })).toBe(true);
  });
});
