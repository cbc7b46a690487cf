import { describe, expect, it } from "vitest";
import { readDeclaration } from "../../image/declaration.ts";
import { compare, report } from "../support/parity/compare.ts";
import { debianPicture } from "../support/parity/debian.ts";
import { evaluatedNode, nixosPicture } from "../support/parity/nixos.ts";
import { nixpkgsLib } from "../support/parity/nixpkgs-lib.ts";

const lib = nixpkgsLib() ?? "";
const evaluated = (services?: string) =>
  evaluatedNode(lib, services === undefined ? undefined : `{ pkgs, ... }: { services.nodeforge = { ${services} }; }`);
const change = async (services: string) => nixosPicture((await evaluated(services)).node);

describe.skipIf(lib === "")("the NixOS modules, evaluated", () => {
  it("make the same node as the Debian image, except for the listed differences", async () => {
    const found = compare(debianPicture(), nixosPicture((await evaluated()).node));
    console.log(report(found));
    expect(found.unexpected).toEqual([]);
    expect(found.obsolete).toEqual([]);
  });

  it("evaluate without failed assertions, warnings and a host name", async () => {
    const { failedAssertions, warnings, hostName, variants, onPath } = await evaluated();
    expect({ failedAssertions, warnings, hostName }).toEqual({ failedAssertions: [], warnings: [], hostName: "" });
    expect(variants).toEqual(["qemu", "qemu-efi", "raw", "raw-efi"]);
    expect(onPath).toEqual(expect.arrayContaining(["kubernetes", "cloud-init", "openssl"]));
  });

  it("mask a service of NixOS, unless an option says otherwise", async () => {
    const masked = async (services?: string) => (await evaluated(services)).node.masked;
    expect(await masked()).toContain("systemd-pstore.service");
    expect(await masked("quiet.units = [ ];")).toEqual([]);
  });

  it("set nothing if they are not enabled", async () => {
    const { node, onPath } = await evaluatedNode(
      lib,
      "{ lib, ... }: { services.nodeforge.enable = lib.mkForce false; }",
    );
    const { services, masked, etc, tmpfiles, sysctl, generators } = node;
    expect({ etc, sysctl, generators }).toEqual({ etc: {}, sysctl: {}, generators: {} });
    // NixOS defines this one. A node masks it.
    expect(Object.keys(services)).toEqual(["systemd-pstore"]);
    expect([...masked, ...tmpfiles, ...onPath]).toEqual([]);
  });

  it("keep the rest of a unit if one option changes", async () => {
    const before = nixosPicture((await evaluated()).node);
    const after = await change(`units.kubelet.extraArgs = [ "--v=4" ];`);
    expect(compare(before, after, []).unexpected).toEqual([
      { what: "unit kubelet.service / ExecStart / --v", debian: undefined, nixos: "4" },
    ]);
  });

  it("keep the lines that a sandboxed unit needs if a configuration adds one", async () => {
    const before = nixosPicture((await evaluated()).node);
    const after = await change(`units.kube-proxy.serviceConfig.Nice = "5";`);
    expect(compare(before, after, []).unexpected).toEqual([
      { what: "unit kube-proxy.service / Nice", debian: undefined, nixos: "5" },
    ]);
  });

  it("run a unit without its sandbox if an option says so", async () => {
    const sandboxed = [...(await change("")).keys()].filter((place) => place.startsWith("unit kube-scheduler.service"));
    const free = [...(await change("units.kube-scheduler.sandbox = false;")).keys()];
    const lost = sandboxed.filter((place) => !free.includes(place));
    expect(lost).toEqual(
      Object.keys(readDeclaration().sandbox)
        .map((key) => `unit kube-scheduler.service / ${key}`)
        .sort(),
    );
    const picture = await change(`extraUnits.probe = { exec = [ "sh" ]; sandbox = true; };`);
    expect(picture.get("unit probe.service / ProtectSystem")).toBe("strict");
  });

  it("open additional ports", async () => {
    const nft = (await change("firewall.extraTcp = [ 9100 ];")).get("file /etc/nodeforge/firewall.nft");
    expect(nft).toContain("tcp dport { 22, 10250, 9100 } accept");
  });

  it("omit the packet filter if an option disables it", async () => {
    const places = [...(await change("firewall.enable = false;")).keys()];
    expect(places.filter((place) => place.startsWith("unit firewall.service"))).toEqual([]);
    expect(places).toContain("unit containerd.service / Type");
  });

  it("add a kubelet drop-in file after the declared one", async () => {
    const picture = await change("kubelet.extraConfig.maxPods = 250;");
    expect(JSON.parse(picture.get("file /etc/nodeforge/kubelet-extra.conf") ?? "")).toEqual({
      apiVersion: "kubelet.config.k8s.io/v1beta1",
      kind: "KubeletConfiguration",
      maxPods: 250,
    });
    const links = [...picture.keys()].filter((place) => place.includes("/var/lib/kubelet/config.d/"));
    expect(links.map((place) => /config\.d\/\S+/.exec(place)?.[0])).toEqual([
      "config.d/10-nodeforge.conf",
      "config.d/50-extra.conf",
    ]);
  });

  it("run additional units", async () => {
    const picture = await change(
      `extraUnits.probe = { exec = [ "probe" "--all" ]; tools = [ "probe" ]; }; tools.probe = pkgs.bash;`,
    );
    expect(picture.get("unit probe.service / ExecStart / program")).toBe("probe");
    expect(picture.get("unit probe.service / Restart")).toBe("always");
  });

  it("accept another version only if it is allowed", async () => {
    const other = `kubernetes.package = pkgs.kubernetes // { version = "1.36.9"; };`;
    const message =
      /declares kubernetes 1\.36\.3, but its package is 1\.36\.9\. Fix: set services\.nodeforge\.kubernetes/;
    expect((await evaluated(other)).failedAssertions).toEqual([expect.stringMatching(message)]);
    expect((await evaluated(`${other} allowedVersions.kubernetes = [ "1.3" ];`)).failedAssertions).toHaveLength(1);
    const allowed = await evaluated(`${other} allowedVersions.kubernetes = [ "1.36" ];`);
    expect(allowed.failedAssertions).toEqual([]);
    const record = nixosPicture(allowed.node).get("file /etc/nodeforge/image.json / versions / kubernetes");
    expect(record).toBe("1.36.9");
  });

  it.each([
    [`extraUnits.kubelet.exec = [ "kubelet" ];`, "change a declared unit under services.nodeforge.units"],
    [`kubelet.extraConfig.kind = "Other";`, "extraConfig sets kind, which the module sets. Fix: remove it"],
  ])("report the problem of %s", async (services, message) => {
    expect((await evaluated(services)).failedAssertions).toEqual([expect.stringContaining(message)]);
  });

  it.each([
    [`units.kubelet.type = "forking";`, 'is not of type `one of "exec", "notify", "oneshot"\''],
    [`units.kubelet.exec = [ "kubelet" "two words" ];`, "is not of type `string matching the pattern"],
    [`units.kublet.type = "exec";`, "services.nodeforge.units.kublet' does not exist"],
    [`firewall.extraTcp = [ 70000 ];`, "is not of type `16 bit unsigned integer"],
    [`images.own = { name = "own:1"; entrypoint = [ "/own" ]; };`, "services.nodeforge.images.own.contents is not set"],
  ])("refuse %s", async (services, message) => {
    await expect(evaluated(services)).rejects.toThrow(message);
  });
});
