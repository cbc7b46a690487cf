import { beforeAll, describe, expect, it } from "vitest";
import { readDeclaration, type NodeDeclaration, type Unit } from "../../image/declaration.ts";
import { compare, expectedDifferences, report } from "../support/parity/compare.ts";
import { debianPicture } from "../support/parity/debian.ts";
import { describedNode, evaluate, nixosPicture } from "../support/parity/nixos.ts";
import type { Picture } from "../support/parity/picture.ts";

const node = readDeclaration();
let nixos: Picture;
beforeAll(async () => {
  nixos = nixosPicture(await describedNode());
});

/** Returns the declaration with one unit changed. */
function changed(name: string, change: (unit: Unit) => Unit): NodeDeclaration {
  return { ...node, unit: node.unit.map((unit) => (unit.name === name ? change(unit) : unit)) };
}

describe("the Debian and the NixOS image", () => {
  it("make the same node, except for the listed differences", () => {
    const found = compare(debianPicture(), nixos);
    console.log(report(found));
    expect(found.unexpected).toEqual([]);
    expect(found.obsolete).toEqual([]);
  });

  it("are compared in every value of the declaration", () => {
    const found = [...nixos.keys()];
    for (const { name, exec, "exec-after": after = [], tools = [], ...rest } of node.unit) {
      const unit = `unit ${name}.service`;
      for (const key of ["Description", "Type", "ExecStart / program"]) expect(found).toContain(`${unit} / ${key}`);
      const flags = exec.filter((argument) => argument.startsWith("--")).map((argument) => argument.split("=")[0]);
      for (const flag of flags) expect(found).toContain(`${unit} / ExecStart / ${flag}`);
      for (const tool of tools) expect(found).toContain(`${unit} / calls / ${tool}`);
      for (const other of rest.after ?? []) expect(found).toContain(`${unit} / After / ${other}`);
      const settings = { ...(rest.sandbox ? node.sandbox : {}), ...rest.service };
      for (const key of Object.keys(settings)) expect(found).toContain(`${unit} / ${key}`);
      if (after.length > 0) expect(found).toContain(`${unit} / ExecStartPost / program`);
      if (rest.timer) expect(found).toContain(`unit ${name}.timer / OnCalendar`);
    }
    for (const key of Object.keys(node.sysctl)) expect(found).toContain(`sysctl / ${key}`);
    for (const name of node.kernel.modules) expect(found).toContain(`kernel module / ${name}`);
    for (const name of node.kernel.blacklist) expect(found).toContain(`kernel module that is never loaded / ${name}`);
    for (const word of node.kernel.parameters) expect(found).toContain(`kernel parameter / ${word}`);
    for (const key of Object.keys(node.ssh.settings)) expect(found).toContain(`sshd / ${key}`);
    for (const { path } of node.file) expect(found).toContain(`file ${path}`);
    for (const rule of node.tmpfiles.rules) expect(found).toContain(`tmpfiles / ${rule}`);
    for (const { units } of node.quiet) for (const unit of units) expect(found).toContain(`masked ${unit}`);
    for (const name of node.generators.quiet) expect(found).toContain(`generator ${name}`);
    for (const { name } of Object.values(node.image))
      expect(found).toContain(`container image ${name} / Entrypoint / 1`);
    expect(found).toContain(`file ${node.paths["image-record"]} / versions / kubernetes`);
  });
});

describe("a difference", () => {
  const unexpected = (debian: Picture) => compare(debian, nixos).unexpected;

  it("in one argument is reported with its unit and its flag", () => {
    const other = changed("kubelet", (unit) => ({
      ...unit,
      exec: unit.exec.map((argument) => argument.replace(/^--config-dir=.*/, "--config-dir=/elsewhere")),
    }));
    expect(unexpected(debianPicture(other))).toEqual([
      {
        what: "unit kubelet.service / ExecStart / --config-dir",
        debian: "/elsewhere",
        nixos: "/var/lib/kubelet/config.d",
      },
    ]);
  });

  it("is reported if one image lacks an argument", () => {
    const other = changed("etcd", (unit) => ({ ...unit, exec: unit.exec.slice(0, -1) }));
    expect(report(compare(debianPicture(other), nixos))).toContain(
      "unit etcd.service / ExecStart / --watch-progress-notify-interval: Debian nothing, NixOS 5s",
    );
  });

  it("in the order, the condition or a tool of a unit is reported", () => {
    const other = changed("kubelet", (unit) => ({ ...unit, condition: "/nowhere", after: [], tools: ["mount"] }));
    const found = unexpected(debianPicture(other)).map(({ what }) => what);
    expect(found).toContain("unit kubelet.service / After / containerd.service");
    expect(found).toContain("unit kubelet.service / ConditionPathExists");
    expect(found).toContain("unit kubelet.service / calls / umount");
    expect(found).not.toContain("unit kubelet.service / calls / mount");
  });

  it("in the sandbox is reported for each unit that has it", () => {
    const other = { ...node, sandbox: { ...node.sandbox, ProtectHome: "read-only" } };
    const sandboxed = node.unit.filter(({ sandbox = false }) => sandbox);
    expect(unexpected(debianPicture(other)).map(({ what }) => what)).toEqual(
      sandboxed.map(({ name }) => `unit ${name}.service / ProtectHome`).sort(),
    );
  });

  it("in a port is reported with its file", () => {
    const other = { ...node, firewall: { ...node.firewall, tcp: node.firewall.tcp.slice(1) } };
    expect(unexpected(debianPicture(other)).map(({ what }) => what)).toEqual(["file /etc/nodeforge/firewall.nft"]);
  });

  it("that is listed but no longer exists is reported", () => {
    const listed = [...expectedDifferences(), { what: "unit kubelet.service / ExecStart / --config", reason: "none" }];
    expect(compare(debianPicture(), nixos, listed).obsolete.map(({ what }) => what)).toEqual([
      "unit kubelet.service / ExecStart / --config",
    ]);
  });

  it("in the list has a reason", () => {
    for (const { what, reason } of expectedDifferences()) expect(reason, what).not.toBe("");
  });
});

describe("the NixOS side", () => {
  it("has a package for every command that a unit calls", async () => {
    const known = (await evaluate("builtins.attrNames (import ./nix/tools.nix { })")) as string[];
    const ours = node.program.flatMap(({ binaries }) => binaries);
    const called = node.unit.flatMap((unit) => [unit.exec[0] ?? "", ...(unit.tools ?? [])]);
    expect(called.filter((name) => ![...known, ...ours].includes(name))).toEqual([]);
  });

  it("refuses an unknown key of the declaration", async () => {
    const defaults = "(import ./nix/defaults.nix)";
    await expect(evaluate(`${defaults}.unitOf { name = "odd"; colour = "red"; }`)).rejects.toThrow(
      "unit odd has colour",
    );
  });
});
