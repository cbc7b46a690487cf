import { appendFile, readFile, readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect } from "vitest";
import { readBackup, writeBackup } from "../../../cli/backup/file.ts";
import {
  findBackup,
  keptBackups,
  listBackups,
  pruneBackups,
  readHeader,
  backupName,
} from "../../../cli/backup/folder.ts";
import { backupListing } from "../../../cli/backup/listing.ts";
import { test } from "../../support/folder.ts";
import { bytesOf, snapshotOf, streamOf } from "./streams.ts";

const key = Buffer.alloc(32, 3);
const header = {
  ...{ stack: "dev", cluster: "lab", clusterId: "id-1", created: "2026-11-27T07:12:54.000Z" },
  ...{ kubernetesVersion: "v1.36.3", etcdVersion: "3.6.8", etcdRevision: "42", nodes: ["master", "one"] },
  key: "encrypted key",
};
const files = [{ name: "pki/sa.key", mode: "600", content: "c2VjcmV0" }];
const snapshot = snapshotOf(9000);
const write = (path: string, bytes = snapshot, changed = {}) =>
  writeBackup(path, { ...header, ...changed }, key, { files, snapshot: streamOf(bytes, 40) });

describe("a backup", () => {
  test("has its content back, and only its owner can read it", async ({ folder }) => {
    const path = join(folder, "backups", "a.nodeforge-backup");
    const written = await write(path);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder, "backups"))).mode & 0o777).toBe(0o700);
    const found = await readHeader(path);
    expect(found.header).toEqual(written);
    expect(found.header).toEqual({ ...header, sha256: expect.stringMatching(/^(?!0{64})[0-9a-f]{64}$/) as string });
    const content = await readBackup(path, key);
    expect(content.files).toEqual(files);
    expect((await bytesOf(content.snapshot)).equals(snapshot)).toBe(true);
    const bytes = await readFile(path);
    for (const secret of ["c2VjcmV0", "etcd object", "pki/sa.key"]) expect(bytes.includes(secret)).toBe(false);
    expect(await readdir(join(folder, "backups"))).toEqual(["a.nodeforge-backup"]);
  });

  test.for([
    ["incomplete", snapshot.subarray(0, 5000), "the snapshot of etcd is incomplete: it has 5000 bytes"],
    ["empty", Buffer.alloc(0), "the snapshot of etcd is incomplete: it has 0 bytes"],
    [
      "damaged",
      Buffer.concat([Buffer.from("x"), snapshot.subarray(1)]),
      "the snapshot of etcd is damaged: its SHA-256 differs",
    ],
  ] as const)("of a snapshot that is %s leaves no file", async ([, bytes, message], { folder }) => {
    await expect(write(join(folder, "a.nodeforge-backup"), bytes)).rejects.toThrow(message);
    expect(await readdir(folder)).toEqual([]);
  });

  test("is refused where a byte has changed, also of its header, and with another key", async ({ folder }) => {
    const path = join(folder, "a.nodeforge-backup");
    await write(path);
    const bytes = await readFile(path);
    await expect(readBackup(path, Buffer.alloc(32, 4))).rejects.toThrow("it is damaged or has another key");
    await appendFile(path, "x");
    await expect(readBackup(path, key)).rejects.toThrow(/a\.nodeforge-backup is damaged: its payload has SHA-256 /);
    await writeFile(
      path,
      Buffer.from(bytes.toString("latin1").replace('"etcdRevision":"42"', '"etcdRevision":"43"'), "latin1"),
    );
    await expect(readBackup(path, key)).rejects.toThrow("it is damaged or has another key");
    await writeFile(path, bytes);
    expect((await readBackup(path, key)).files).toEqual(files);
  });

  test.for([
    ["", "is no backup: expected a file that npm run backup wrote"],
    ["hello\nworld\n", "is no backup"],
    ["nodeforge-backup 1\n", "is no backup"],
    ["nodeforge-backup 2\n{}\n", "has format 2, expected 1"],
    ["nodeforge-backup 1\n{\n", "is damaged: expected JSON"],
    ["nodeforge-backup 1\n{}\n", "is incomplete"],
    [`nodeforge-backup 1\n${JSON.stringify({ ...header, sha256: "0".repeat(64), authority: 1 })}\n`, "is incomplete"],
  ] as const)("is not a file with %j", async ([text, message], { folder }) => {
    const path = join(folder, "a");
    await writeFile(path, text);
    await expect(readHeader(path)).rejects.toThrow(message);
  });

  test("that is missing is named", async ({ folder }) => {
    await expect(readHeader(join(folder, "none"))).rejects.toThrow("none does not exist. Fix: npm run backup -- list");
  });
});

describe("the folder of the backups", () => {
  const three = async (folder: string) => {
    for (const day of [3, 1, 2]) {
      const created = `2026-11-0${day}T00:00:00.000Z`;
      await write(join(folder, backupName("dev", new Date(created))), snapshot, { created });
    }
    await write(join(folder, backupName("a/b/lab", new Date(0))), snapshot, { stack: "a/b/lab", created: "1970" });
    await writeFile(join(folder, "broken.nodeforge-backup"), "x");
    await writeFile(join(folder, "notes.txt"), "x");
  };

  test("is listed from the oldest, with what cannot be read, and without the key", async ({ folder }) => {
    await three(folder);
    const listed = await listBackups(folder);
    expect(listed.map(({ name }) => name)).toEqual([
      "broken.nodeforge-backup",
      "a-b-lab-1970-01-01T00-00-00Z.nodeforge-backup",
      ...[1, 2, 3].map((day) => `dev-2026-11-0${day}T00-00-00Z.nodeforge-backup`),
    ]);
    const table = backupListing(listed, false);
    expect(table).toMatch(/^BACKUP .*\nbroken\S+ +unreadable: .*\na-b-lab\S+ +lab +v1\.36\.3 +42 +2 +0\.0 MiB\n/);
    const json = backupListing(listed, true);
    expect(json).not.toContain("encrypted key");
    expect(JSON.parse(json)).toHaveLength(5);
    expect(backupListing(await listBackups(join(folder, "none")), false)).toContain("there is no backup");
  });

  test("keeps the last backups of each stack, and every other file", async ({ folder }) => {
    await three(folder);
    expect(await pruneBackups("dev", 3, folder)).toEqual([]);
    expect(await pruneBackups("dev", 1, folder)).toEqual([
      "dev-2026-11-01T00-00-00Z.nodeforge-backup",
      "dev-2026-11-02T00-00-00Z.nodeforge-backup",
    ]);
    expect((await readdir(folder)).sort()).toEqual([
      "a-b-lab-1970-01-01T00-00-00Z.nodeforge-backup",
      "broken.nodeforge-backup",
      "dev-2026-11-03T00-00-00Z.nodeforge-backup",
      "notes.txt",
    ]);
  });

  test("keeps the last backups of each cluster of a stack, which has another id or another CA", async ({ folder }) => {
    const clusters = [{ clusterId: "lost" }, { clusterId: "given-up", authority: "old" }, { clusterId: "given-up" }];
    const days = [1, 2, 3, 4, 5, 6];
    for (const day of days) {
      const created = `2026-11-0${day}T00:00:00.000Z`;
      const changed = { created, ...clusters[Math.floor((day - 1) / 2)] };
      await write(join(folder, backupName("dev", new Date(created))), snapshot, changed);
    }
    const named = (...some: number[]) => some.map((day) => `dev-2026-11-0${day}T00-00-00Z.nodeforge-backup`);
    expect(await pruneBackups("dev", 2, folder)).toEqual([]);
    expect(await pruneBackups("dev", 1, folder)).toEqual(named(1, 3, 5));
    expect((await readdir(folder)).sort()).toEqual(named(2, 4, 6));
  });

  test("is where a name is looked for that is no path of the user", async ({ folder }) => {
    const [own, backups] = [join(folder, "own"), join(folder, "backups")];
    await write(join(backups, "a.nodeforge-backup"));
    expect(findBackup("a.nodeforge-backup", backups, own)).toBe(join(backups, "a.nodeforge-backup"));
    await write(join(own, "a.nodeforge-backup"));
    expect(findBackup("a.nodeforge-backup", backups, own)).toBe(join(own, "a.nodeforge-backup"));
    expect(findBackup("/x/y", backups, own)).toBe("/x/y");
  });
});

describe("backupsKept", () => {
  test("is 10 unless the stack has another number", () => {
    expect(keptBackups(() => "")).toBe(10);
    expect(keptBackups((name) => (name === "backupsKept" ? "3" : ""))).toBe(3);
  });

  test.for(["0", "-1", "1.5", "many", "10000"])("refuses %s", (text) => {
    expect(() => keptBackups(() => text)).toThrow(`backupsKept is "${text}", expected a whole number from 1 to 9999`);
  });
});
