import { chmodSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseFacts } from "../../cli/cis/facts.ts";
import { ScriptNode } from "./script-node.ts";

const places = { "/etc/kubernetes": "kubernetes", "/var/lib": "lib", "/etc/cni": "cni" };
const unit = "units/kubelet.service";

/** A node whose kubelet has a unit with this path, and no running unit. */
function facts(write: (node: ScriptNode) => void, fragment = `$FOLDER/${unit}`) {
  const node = new ScriptNode(
    places,
    `systemctl() { case $* in *MainPID*) echo 0 ;; *"FragmentPath --value kubelet"*) echo "${fragment}" ;; esac; }`,
  );
  write(node);
  const { status, stdout } = node.run({ script: "cis-facts" });
  const { files, units } = parseFacts(stdout, {});
  const named = [...files].map(([path, file]) => [path.slice(node.folder.length + 1), file] as const);
  return { status, files: new Map(named), units };
}

describe("cis-facts.sh", () => {
  it("states mode and owner of the kubelet's unit and of each manifest of a static pod", () => {
    const { status, files, units } = facts((node) => {
      node.write(unit, "[Unit]\n");
      node.write("kubernetes/manifests/etcd.yaml", "");
      chmodSync(join(node.folder, "kubernetes/manifests/etcd.yaml"), 0o640);
      node.write("lib/kubelet/config.yaml", "");
    });
    expect([status, units.size]).toEqual([0, 0]);
    expect([...files.keys()]).toEqual([
      "kubernetes",
      "lib/kubelet/config.yaml",
      "kubernetes/manifests/etcd.yaml",
      unit,
    ]);
    expect(files.get(unit)).toEqual({
      mode: 0o644,
      owner: expect.stringContaining(`${userInfo().username}:`) as string,
    });
    expect(files.get("kubernetes/manifests/etcd.yaml")?.mode).toBe(0o640);
  });

  it("states no file that is missing", () => {
    expect(facts(() => undefined, "").files.size).toBe(0);
  });
});
