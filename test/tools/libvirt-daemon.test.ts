import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { startWithoutControlGroups } from "../../tools/libvirt-daemon.ts";
import { temporaryFolder } from "../support/folder.ts";

const canMount = spawnSync("unshare", ["--mount", "--propagation", "slave", "true"]).status === 0;

/** Starts a libvirtd that only records its settings of QEMU. @returns the settings of host and daemon, and the output. */
function started(settings: string | undefined, programs: Readonly<Record<string, string>> = {}) {
  const folder = temporaryFolder();
  const path = join(folder, "qemu.conf");
  if (settings !== undefined) writeFileSync(path, settings);
  const all = { libvirtd: `echo "$*" >${folder}/args; cat ${path} >${folder}/seen`, ...programs };
  for (const [name, body] of Object.entries(all)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${body}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  const env = { PATH: `${folder}:${process.env.PATH}`, TMPDIR: folder };
  const { status, stderr } = spawnSync("sh", ["-ec", startWithoutControlGroups, path], { env, encoding: "utf8" });
  const text = (name: string) =>
    existsSync(join(folder, name)) ? readFileSync(join(folder, name), "utf8") : undefined;
  const left = readdirSync(folder).filter((name) => !["qemu.conf", "args", "seen", ...Object.keys(all)].includes(name));
  return { status, stderr, host: text("qemu.conf"), seen: text("seen"), args: text("args"), left };
}

// A user without the permission to mount cannot start libvirtd either.
describe.skipIf(!canMount)("a libvirtd without systemd", () => {
  test("has no control groups, and the host's settings stay unchanged", () => {
    const { seen, ...rest } = started('user = "root"\n#cgroup_controllers = [ "cpu" ]\n');
    expect(rest).toEqual({
      status: 0,
      stderr: "",
      host: 'user = "root"\n#cgroup_controllers = [ "cpu" ]\n',
      args: "--daemon\n",
      left: [],
    });
    expect(seen).toBe('user = "root"\n#cgroup_controllers = [ "cpu" ]\n\ncgroup_controllers = []\n');
  });

  test("has no control groups if the host has no settings", () => {
    const { seen, host } = started(undefined);
    expect([seen, host]).toEqual(["\ncgroup_controllers = []\n", ""]);
  });

  test("has the control groups that the host's settings name", () => {
    const settings = 'cgroup_controllers = [ "cpu" ]\n';
    expect(started(settings)).toMatchObject({ status: 0, seen: settings, host: settings, args: "--daemon\n" });
  });
});

test("a libvirtd without a mount namespace fails with a fix", () => {
  const { status, stderr, host, args, left } = started("a = 1\n", { unshare: "echo refused >&2; exit 1" });
  expect([status, host, args, left]).toEqual([1, "a = 1\n", undefined, []]);
  expect(stderr).toContain("CAP_SYS_ADMIN");
  expect(stderr).toContain("write cgroup_controllers = [] into");
});
