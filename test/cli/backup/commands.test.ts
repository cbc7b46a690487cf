import { join } from "node:path";
import { beforeEach, describe, expect, vi } from "vitest";
import { command as backup } from "../../../cli/commands/backup.ts";
import { command as restore } from "../../../cli/commands/restore.ts";
import { writeBackup } from "../../../cli/backup/file.ts";
import { test } from "../../support/folder.ts";
import { settingsOf } from "../stack/stack-settings.ts";
import { stateOf } from "./stack.ts";
import { snapshotOf, streamOf } from "./streams.ts";

const seen = vi.hoisted(() => ({ calls: [] as unknown[][], answer: true, isUnattended: false }));

vi.mock("../../../cli/session.ts", () => {
  const open = (choice: { stack: string }) => {
    seen.calls.push(["session", choice.stack]);
    return Promise.resolve({ stack: choice.stack, variables: {}, settings: () => settingsOf({ sshUser: "root" }) });
  };
  return { openSession: open, openStack: open };
});
vi.mock("../../../cli/machines/held.ts", () => ({
  holdMachines: (choice: { stack: string }) => {
    seen.calls.push(["held", choice.stack]);
    return Promise.resolve({ session: { stack: choice.stack }, state: stateOf("id-2"), machines: [] });
  },
}));
vi.mock("../../../cli/consent/consent.ts", async (original) => ({
  ...(await original<object>()),
  isUnattended: (given: readonly string[]) => seen.isUnattended && given.length === 0,
  confirm: (question: string) => {
    seen.calls.push(["asked", question]);
    return Promise.resolve(seen.answer);
  },
}));
vi.mock("../../../cli/backup/take-backup.ts", async (original) => ({
  ...(await original<object>()),
  takeBackup: ({ stack }: { stack: string }) => {
    seen.calls.push(["taken", stack]);
    const header = { kubernetesVersion: "v1.36.3", etcdRevision: "42" };
    return Promise.resolve({ path: "/x/dev.nodeforge-backup", header, pruned: ["old.nodeforge-backup"] });
  },
}));
vi.mock("../../../cli/backup/verify.ts", () => ({
  verifyBackup: (path: string) => {
    seen.calls.push(["verified", path]);
    const header = { cluster: "lab", kubernetesVersion: "v1.36.3", etcdVersion: "3.6.8", etcdRevision: "42" };
    return Promise.resolve({ header, files: 9, snapshotSize: 3 * 2 ** 20 });
  },
}));
vi.mock("../../../cli/backup/folder.ts", async (original) => ({
  ...(await original<object>()),
  pruneBackups: (stack: string, keep: number) => {
    seen.calls.push(["pruned", stack, keep]);
    return Promise.resolve(keep === 3 ? ["old.nodeforge-backup"] : []);
  },
}));
vi.mock("../../../cli/backup/restore.ts", async (original) => ({
  ...(await original<object>()),
  restoreBackup: (_: unknown, __: unknown, path: string, ___: unknown, plan: object) => {
    seen.calls.push(["restored", path, plan]);
    return Promise.resolve({ seconds: 9, stay: ["one"], again: ["worker-node-1", "three"] });
  },
}));

let printed: string;
let warned: string;
beforeEach(() => {
  seen.calls.length = 0;
  [seen.answer, seen.isUnattended] = [true, false];
  [printed, warned] = ["", ""];
  vi.stubEnv("PULUMI_STACK", "");
  vi.stubEnv("PULUMI_SKIP_CONFIRMATIONS", "");
  vi.spyOn(console, "log").mockImplementation((text: string) => void (printed += `${text}\n`));
  vi.spyOn(console, "error").mockImplementation((text: string) => void (warned += `${text}\n`));
  vi.spyOn(process.stdout, "write").mockImplementation((text) => Boolean((printed += String(text))));
});

/** Writes a backup of cluster lab and returns its path. */
async function file(folder: string, cluster = "lab"): Promise<string> {
  const path = join(folder, "a.nodeforge-backup");
  const created = "2026-11-27T07:12:54.000Z";
  const versions = { kubernetesVersion: "v1.36.3", etcdVersion: "3.6.8", etcdRevision: "42" };
  const header = { stack: "dev", cluster, clusterId: "id-1", created, ...versions, nodes: [], key: "" };
  await writeBackup(path, header, Buffer.alloc(32), { files: [], snapshot: streamOf(snapshotOf(1), 1) });
  return path;
}

describe("--help", () => {
  test.for([["backup", backup] as const, ["restore", restore] as const])(
    "of %s prints its usage, and opens nothing",
    async ([name, command]) => {
      expect(await command(["--help"])).toBe(0);
      expect(printed).toContain(`Usage: npm run ${name} --`);
      expect(seen.calls).toEqual([]);
    },
  );
});

describe("backup", () => {
  test("takes one of the stack, prints its path on standard output, and names what it removed", async () => {
    expect(await backup(["--stack", "lab"])).toBe(0);
    expect(seen.calls).toEqual([
      ["held", "lab"],
      ["taken", "lab"],
    ]);
    expect(printed.split("\n")[0]).toBe("/x/dev.nodeforge-backup");
    expect(warned).toBe("removed old.nodeforge-backup\n");
  });

  test("verify opens the key's stack, and changes no cluster", async () => {
    expect(await backup(["verify", "/x/a", "--stack", "lab"])).toBe(0);
    expect(seen.calls).toEqual([
      ["session", "lab"],
      ["verified", "/x/a"],
    ]);
    expect(printed).toBe(
      "/x/a is complete: 9 files and 3.0 MiB of etcd 3.6.8 at revision 42, from cluster lab with Kubernetes v1.36.3\n",
    );
  });

  test("prune keeps the number of its option, or of the stack that it names", async () => {
    expect(await backup(["prune", "--stack", "lab", "--keep", "3"])).toBe(0);
    expect(await backup(["prune"])).toBe(0);
    expect(seen.calls).toEqual([
      ["pruned", "lab", 3],
      ["pruned", "dev", 10],
    ]);
    expect(printed).toBe("removed old.nodeforge-backup\neach cluster of stack dev has at most 10 backups\n");
  });

  test.for([["prune", "--keep", "0"], ["prune", "--keep", "x"], ["remove"], ["verify"]])(
    "refuses %j and does nothing",
    async (args) => {
      await expect(backup(args)).rejects.toThrow("Fix: `npm run backup -- --help` shows the usage");
      expect(seen.calls).toEqual([]);
    },
  );
});

describe("restore", () => {
  const plan = { isSameCluster: false, needsEmpty: true };

  test("asks, restores, and names the workers and the next command", async ({ folder }) => {
    const path = await file(folder);
    expect(await restore([path, "--stack", "lab"])).toBe(0);
    const question =
      "Restore stack lab from the backup of an earlier cluster lab, made 2026-11-27T07:12:54.000Z? Every object since then is lost.";
    expect(seen.calls).toEqual([
      ["held", "lab"],
      ["verified", path],
      ["asked", question],
      ["restored", path, plan],
    ]);
    expect(printed).toBe(
      "the objects of 2026-11-27T07:12:54.000Z are back\nworkers that stay: one\n" +
        "workers that join again at the next up: worker-node-1\n" +
        "Nodes removed, because the stack has no such machine: three\nnext: npm run up -- --stack lab\n",
    );
  });

  test("changes nothing where the user declines", async ({ folder }) => {
    seen.answer = false;
    expect(await restore([await file(folder)])).toBe(0);
    expect(seen.calls.filter(([what]) => what === "restored")).toEqual([]);
    expect(warned).toContain("confirmation declined, not proceeding with the restore");
  });

  test("needs --yes without a terminal, and opens nothing before", async ({ folder }) => {
    seen.isUnattended = true;
    const path = await file(folder);
    await expect(restore([path, "--force"])).rejects.toThrow(`To agree: npm run restore -- ${path} --force --yes`);
    expect(seen.calls).toEqual([]);
    expect(await restore([path, "--force", "--yes"])).toBe(0);
    expect(seen.calls.filter(([what]) => what === "asked")).toEqual([]);
    expect(seen.calls.at(-1)).toEqual(["restored", path, { isSameCluster: false, needsEmpty: false }]);
  });

  test("refuses a missing file, and a cluster of another name before it is asked", async ({ folder }) => {
    await expect(restore([join(folder, "none")])).rejects.toThrow("does not exist. Fix: npm run backup -- list");
    expect(seen.calls).toEqual([]);
    await expect(restore([await file(folder, "other")])).rejects.toThrow("the backup is of cluster other");
    expect(seen.calls).toEqual([["held", "dev"]]);
  });
});
