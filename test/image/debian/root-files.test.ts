import { readdirSync, readFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { describe, expect, it } from "vitest";
import { readDebian } from "../../../image/debian/debian.ts";
import { readDeclaration } from "../../../image/declaration.ts";
import { rootFiles } from "../../../image/debian/root-files.ts";

const node = readDeclaration();
const debian = readDebian();
const files = rootFiles(node, debian, "red");
const text = (path: string) => {
  const file = files.find((candidate) => candidate.path === path);
  if (!file || !("text" in file)) throw new Error(`no text in ${path}`);
  return file.text;
};
const link = (path: string) => {
  const file = files.find((candidate) => candidate.path === path);
  return file && "link" in file ? file.link : undefined;
};
const units = "/etc/systemd/system";

describe("unit files", () => {
  it("of a service with a condition", () => {
    expect(text(`${units}/kubelet.service`)).toMatchInlineSnapshot(`
      "[Unit]
      Description=Kubernetes node agent
      Wants=cloud-config.target network-online.target containerd.service
      After=cloud-config.target network-online.target containerd.service kube-apiserver.service
      ConditionPathExists=/var/lib/kubelet/config.yaml
      StartLimitIntervalSec=0

      [Service]
      Type=exec
      EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env
      ExecStart=kubelet --bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf --config=/var/lib/kubelet/config.yaml --config-dir=/var/lib/kubelet/config.d $KUBELET_KUBEADM_ARGS
      Restart=always
      RestartSec=5
      OOMScoreAdjust=-999
      LimitNOFILE=1048576

      [Install]
      WantedBy=multi-user.target
      "
    `);
  });

  it("of an early oneshot", () => {
    expect(text(`${units}/firewall.service`)).toMatchInlineSnapshot(`
      "[Unit]
      Description=Packet filter
      DefaultDependencies=no
      Conflicts=shutdown.target
      Wants=network-pre.target
      After=systemd-modules-load.service
      Before=network-pre.target shutdown.target

      [Service]
      Type=oneshot
      ExecStart=nft --file /etc/nodeforge/firewall.nft
      RemainAfterExit=yes
      CapabilityBoundingSet=CAP_NET_ADMIN
      NoNewPrivileges=yes
      ProtectSystem=strict
      ProtectHome=yes
      PrivateTmp=no
      PrivateDevices=yes
      ProtectProc=invisible
      ProtectClock=yes
      ProtectControlGroups=yes
      ProtectHostname=yes
      ProtectKernelLogs=yes
      ProtectKernelModules=yes
      ProtectKernelTunables=yes
      LockPersonality=yes
      MemoryDenyWriteExecute=yes
      RestrictNamespaces=yes
      RestrictRealtime=yes
      RestrictSUIDSGID=yes
      RestrictAddressFamilies=AF_INET AF_INET6 AF_NETLINK AF_UNIX
      SystemCallArchitectures=native
      SystemCallFilter=@system-service
      SystemCallErrorNumber=EPERM
      UMask=0077

      [Install]
      WantedBy=sysinit.target
      "
    `);
  });

  it("have a line of the sandbox once, with the unit's own value", () => {
    const ofChrony = text(`${units}/chrony.service`).match(/^(SystemCallFilter|ProtectHome)=.*$/gm);
    expect(ofChrony).toEqual(["ProtectHome=yes", "SystemCallFilter=@system-service @clock @module"]);
    expect(text(`${units}/kube-scheduler.service`)).toMatch(/^CapabilityBoundingSet=\n/m);
    expect(text(`${units}/containerd.service`)).not.toMatch(/^(Protect|Private|SystemCall)/m);
  });

  it("of a unit with a timer", () => {
    expect(text(`${units}/certificates.timer`)).toMatchInlineSnapshot(`
      "[Unit]
      Description=Renewal of the control plane's certificates

      [Timer]
      OnCalendar=weekly
      RandomizedDelaySec=6h

      [Install]
      WantedBy=timers.target
      "
    `);
    expect(link(`${units}/timers.target.wants/certificates.timer`)).toBe(`${units}/certificates.timer`);
    const timers = files.filter(
      ({ path }) => path.endsWith(".timer") && !debian.quiet.includes(path.split("/").at(-1)!),
    );
    expect(timers).toHaveLength(2);
  });

  it.each(node.unit.map(({ name }) => name))("start %s at boot", (name) => {
    const target = ["firewall", "first-boot"].includes(name) ? "sysinit.target" : "multi-user.target";
    expect(link(`${units}/${target}.wants/${name}.service`)).toBe(`${units}/${name}.service`);
  });

  it("mask the units that a node does not need", () => {
    for (const unit of [...node.quiet.flatMap((group) => group.units), ...debian.quiet])
      expect(link(`${units}/${unit}`)).toBe("/dev/null");
  });

  it("do not mask a unit that another unit wants", () => {
    const masked = new Set(node.quiet.flatMap((group) => group.units));
    const asked = node.unit.flatMap(({ name, wants = [] }) => [`${name}.service`, ...wants]);
    expect(asked.filter((name) => masked.has(name))).toEqual([]);
  });
});

describe("a fresh root", () => {
  it("has no identity", () => {
    expect(text("/etc/machine-id")).toBe("");
    const paths = files.map(({ path }) => path);
    expect(paths.filter((path) => /\/etc\/hostname$|ssh_host_.*_key/.test(path))).toEqual([]);
  });

  it("has each file once", () => {
    const paths = files.map(({ path }) => path);
    expect(paths.filter((path, index) => paths.indexOf(path) !== index)).toEqual([]);
  });

  it("waits for the seed, up to a timeout", () => {
    const device = "dev-disk-by\\x2dlabel-cidata.device";
    expect(text(`${units}/cloud-init-local.service.d/seed.conf`)).toContain(`After=${device}\n`);
    expect(text(`${units}/${device}.d/timeout.conf`)).toContain("JobRunningTimeoutSec=60s\n");
  });

  it("uses the seed as the only data source", () => {
    const config = JSON.parse(text("/etc/cloud/cloud.cfg")) as Record<string, unknown>;
    expect(config).toMatchObject({ datasource_list: ["NoCloud", "None"], users: [], disable_root: false });
  });

  it("records the marker of the build", () => {
    expect(JSON.parse(text(node.paths["image-record"]))).toMatchObject({ contract: node.contract, marker: "red" });
  });

  it("contains no path of the machine that built it", () => {
    for (const file of files) {
      for (const folder of [process.cwd(), homedir(), tmpdir()]) {
        expect("text" in file ? file.text : file.link).not.toContain(`${folder}/`);
      }
    }
  });
});

describe("the builder's sources", () => {
  it("contain no URL of a mirror", () => {
    const folder = new URL("../../../image/debian/", import.meta.url);
    for (const name of readdirSync(folder)) {
      expect(readFileSync(new URL(name, folder), "utf8"), name).not.toMatch(/https?:\/\//);
    }
  });
});
