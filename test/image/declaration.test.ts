import { describe, expect, it } from "vitest";
import { renewalDays } from "../../lifecycle/certificates.ts";
import { fileText, readDeclaration, versionsOf } from "../../image/declaration.ts";

const node = readDeclaration();
const unit = (name: string) => {
  const found = node.unit.find((candidate) => candidate.name === name);
  if (!found) throw new Error(`no unit ${name}`);
  return found;
};
const ofSystem = ["firewall", "first-boot", "machine", "firewall-control-plane", "containerd", "chrony"];
const ofKubernetes = node.unit.filter(({ name }) => !ofSystem.includes(name));

describe("units", () => {
  it("have the names that the guest scripts use", () => {
    expect(node.unit.map(({ name }) => name)).toEqual([
      "firewall",
      "first-boot",
      "machine",
      "firewall-control-plane",
      "certificates",
      "containerd",
      "chrony",
      "etcd",
      "kube-apiserver",
      "kube-controller-manager",
      "kube-scheduler",
      "kubelet",
      "kube-proxy",
      "flanneld",
      "kwok",
    ]);
  });

  it("of Kubernetes stay inactive until a guest script writes the file of their condition", () => {
    const conditions = Object.fromEntries(ofKubernetes.map(({ name, condition }) => [name, condition]));
    expect(conditions).toEqual({
      certificates: node.paths["control-plane"],
      etcd: node.paths["control-plane"],
      "kube-apiserver": node.paths["control-plane"],
      "kube-controller-manager": node.paths["control-plane"],
      "kube-scheduler": node.paths["control-plane"],
      kubelet: "/var/lib/kubelet/config.yaml",
      "kube-proxy": node.paths.joined,
      flanneld: node.paths.joined,
      kwok: "/etc/nodeforge/simulated-nodes.yaml",
    });
  });

  it.each(ofKubernetes.map(({ name }) => name))("%s starts after the host name is set", (name) => {
    expect(unit(name).after).toContain("cloud-config.target");
  });

  it("that prepare the machine run after cloud-init makes the host key, and before sshd uses it", () => {
    const { after, before, type } = unit("machine");
    expect(type).toBe("oneshot");
    expect(after).toEqual(["cloud-init.service", "cloud-init-network.service"]);
    expect(before).toEqual(expect.arrayContaining(["ssh.service", "sshd.service", "qemu-guest-agent.service"]));
    // Both need the data disk.
    expect(before).toEqual(expect.arrayContaining(["etcd.service", "kubelet.service"]));
  });

  it("that repeat a first boot run before cloud-init, and only until the machine's file shows that it was complete", () => {
    const { before, early, condition, exec } = unit("first-boot");
    expect([before, early, condition]).toEqual([["cloud-init-local.service"], true, `!${node.paths.machine}`]);
    expect(exec).toEqual(["rm", "-rf", ...["instance", "instances", "data"].map((name) => `/var/lib/cloud/${name}`)]);
  });

  it.each(node.unit.map(({ name }) => name))("%s does not wait for a unit that waits for multi-user.target", (name) => {
    // Both start after multi-user.target, which waits for our units, so this would be a deadlock.
    expect(unit(name).after).not.toContain("cloud-init.target");
    expect(unit(name).after).not.toContain("cloud-final.service");
  });

  it("have no cycle in their order", () => {
    const left = new Map(node.unit.map(({ name, after = [] }) => [`${name}.service`, after]));
    while (left.size > 0) {
      const free = [...left].filter(([, after]) => !after.some((other) => left.has(other))).map(([name]) => name);
      expect(free, `a cycle among ${[...left.keys()].join(", ")}`).not.toEqual([]);
      for (const name of free) left.delete(name);
    }
  });

  it("want only units that they start after or before", () => {
    for (const { name, wants = [], after = [], before = [] } of node.unit) {
      for (const wanted of wants) expect([...after, ...before], `${name} wants ${wanted}`).toContain(wanted);
    }
  });

  it("name programs without paths, and arguments that need no quotes", () => {
    for (const { name, exec, "exec-after": after = [], tools = [] } of node.unit) {
      for (const program of [...exec.slice(0, 1), ...after.slice(0, 1), ...tools])
        expect(program, name).toMatch(/^[a-z][a-z0-9-]*$/);
      for (const argument of [...exec, ...after]) expect(argument, name).not.toMatch(/[\s"'%\\]/);
    }
  });

  it("use only variables of their environment files", () => {
    const written = ["NODE_NAME", "NODE_ADDRESS", "CLUSTER_NAME", "CLUSTER_DOMAIN", "POD_CIDR", "SERVICE_CIDR"];
    for (const { name, exec, "environment-files": files = [] } of node.unit) {
      const used = [...exec.join(" ").matchAll(/\$\{(\w+)\}/g)].map(([, variable]) => variable);
      if (used.length > 0) expect(files, name).toEqual([node.paths["node-env"]]);
      for (const variable of used) expect(written, name).toContain(variable);
    }
  });

  it("let the API server reach kubelets without DNS", () => {
    expect(unit("kube-apiserver").exec).toContain("--kubelet-preferred-address-types=InternalIP,ExternalIP,Hostname");
    expect(unit("kube-apiserver").exec).toContain("--authorization-mode=Node,RBAC");
  });

  it("that need the API server start after it is ready, not only after it listens", () => {
    const { "exec-after": after = [], "start-timeout": limit } = unit("kube-apiserver");
    expect(node.file.map(({ path }) => path)).toContain(after[1]);
    expect(limit).toBe("10min");
    for (const name of ["kube-controller-manager", "kube-scheduler", "kubelet"]) {
      expect(unit(name).after).toContain("kube-apiserver.service");
    }
  });

  it("let kubelet mount volumes and read its drop-in files", () => {
    expect(unit("kubelet").tools).toContain("mount");
    expect(unit("kubelet").exec).toContain("--config-dir=/var/lib/kubelet/config.d");
    expect(node.tmpfiles.rules).toContain("d /var/lib/kubelet/config.d 0755 root root -");
  });
});

describe("the sandbox", () => {
  it("holds every unit, except for those that mount and start containers", () => {
    const free = node.unit.filter(({ sandbox = false }) => !sandbox);
    expect(free.map(({ name }) => name)).toEqual(["machine", "containerd", "kubelet"]);
  });

  it("permits a unit only what the unit needs", () => {
    const permitted = node.unit.flatMap(({ name, sandbox = false, service = {} }) => {
      const lines = Object.entries(service).filter(([key]) => key in node.sandbox || key === "ReadWritePaths");
      return sandbox && lines.length > 0 ? [[name, Object.fromEntries(lines)]] : [];
    });
    expect(node.sandbox).toMatchObject({ CapabilityBoundingSet: "", ProtectSystem: "strict" });
    expect(Object.fromEntries(permitted)).toEqual({
      firewall: { CapabilityBoundingSet: "CAP_NET_ADMIN", PrivateTmp: "no" },
      "first-boot": { PrivateTmp: "no", ReadWritePaths: "-/var/lib/cloud" },
      "firewall-control-plane": { CapabilityBoundingSet: "CAP_NET_ADMIN" },
      certificates: { ReadWritePaths: "/etc/kubernetes" },
      chrony: {
        CapabilityBoundingSet:
          "CAP_CHOWN CAP_DAC_OVERRIDE CAP_NET_BIND_SERVICE CAP_SETGID CAP_SETUID CAP_SYS_MODULE CAP_SYS_TIME",
        PrivateDevices: "no",
        ProtectClock: "no",
        ProtectKernelModules: "no",
        ReadWritePaths: "/run",
        SystemCallFilter: "@system-service @clock @module",
      },
      etcd: { ReadWritePaths: "/var/lib/etcd" },
      "kube-apiserver": { ReadWritePaths: "/var/log" },
      "kube-proxy": { CapabilityBoundingSet: "CAP_NET_ADMIN CAP_SYS_RESOURCE", ProtectKernelTunables: "no" },
      flanneld: { CapabilityBoundingSet: "CAP_NET_ADMIN", ReadWritePaths: "/run" },
    });
  });
});

describe("the packet filter", () => {
  it("accepts exactly the declared ports, and an empty set for the control plane", () => {
    expect(node.firewall.tcp.map(({ port }) => port)).toEqual([22, 10250]);
    const text = fileText(node, "files/firewall.nft");
    expect(text).toContain("policy drop;");
    expect([...text.matchAll(/dport (\S+|\{ .* \}) accept/g)].map(([, ports]) => ports)).toEqual([
      "{ 22, 10250 }",
      "@control_plane",
      "{ 68 }",
    ]);
    expect(text).not.toContain("elements");
  });

  it("accepts the API server's port on a control plane before the API server starts", () => {
    expect(node.firewall["control-plane"].map(({ port }) => port)).toEqual([6443]);
    expect(fileText(node, "files/firewall-control-plane.nft")).toMatch(
      /^add element inet nodeforge control_plane \{ 6443 \}$/m,
    );
    const { condition, exec, after, type, remain } = unit("firewall-control-plane");
    expect([condition, type, remain]).toEqual([node.paths["control-plane"], "oneshot", true]);
    expect(node.file.map(({ path }) => path)).toContain(exec[2]);
    // machine.service decides whether this machine still is a control plane.
    expect(after).toEqual(["firewall.service", "machine.service"]);
    expect(unit("kube-apiserver").after).toContain("firewall-control-plane.service");
    expect(unit("kube-apiserver").wants).toContain("firewall-control-plane.service");
  });

  it("has no port of etcd, because etcd listens on loopback only", () => {
    const urls = unit("etcd").exec.filter((argument) => /-urls=|-cluster=/.test(argument));
    expect(urls).toHaveLength(6);
    for (const url of urls) expect(url).toMatch(/=https?:\/\/127\.0\.0\.1:23\d\d$/);
    expect(unit("kube-apiserver").exec).toContain("--etcd-servers=https://127.0.0.1:2379");
  });

  it("has a reason for each port", () => {
    for (const { port, reason } of Object.values(node.firewall).flat()) {
      expect(reason, String(port)).not.toBe("");
    }
  });

  it("does not filter forwarded packets, which belong to pods", () => {
    expect(fileText(node, "files/firewall.nft")).not.toContain("hook forward");
  });
});

describe("the certificates", () => {
  it("are checked weekly, and at each boot before etcd uses them", () => {
    const { timer, before, exec, type } = unit("certificates");
    expect([type, timer?.calendar]).toEqual(["oneshot", "weekly"]);
    expect(before).toEqual(["etcd.service"]);
    expect(node.file.map(({ path }) => path)).toContain(exec[1]);
  });

  it("are renewed as many days before they expire as the program expects", () => {
    expect(fileText(node, "files/renew-certificates.sh")).toContain(`seconds=$((${renewalDays} * 24 * 60 * 60))`);
  });
});

describe("files", () => {
  it.each(node.file)("$path contains no unreplaced name", ({ source }) => {
    expect(fileText(node, source)).not.toMatch(/@[a-z.-]+@/);
  });

  it("name the pause image that every node has", () => {
    expect(fileText(node, "files/containerd.toml")).toContain(`sandbox = "${node.image.pause.name}"`);
  });

  it("are refused if they contain a name without a declared value", () => {
    const lacking = { ...node, paths: {} as typeof node.paths };
    expect(() => fileText(lacking, "files/containerd.toml")).toThrow("@paths.cni-plugins@");
  });

  it("route the packets of pods without masquerading between pods", () => {
    interface Plugin {
      readonly type: string;
      readonly ipMasq?: boolean;
      readonly isGateway?: boolean;
      readonly isDefaultGateway?: boolean;
    }
    const { plugins } = JSON.parse(fileText(node, "files/cni.conflist.template")) as { plugins: readonly Plugin[] };
    expect(plugins.map(({ type }) => type)).toEqual(["bridge", "portmap"]);
    expect(plugins[0]).toMatchObject({ isGateway: true, ipMasq: false });
    expect(plugins[0]).not.toHaveProperty("isDefaultGateway");
  });
});

describe("logins", () => {
  it("accept only keys, and many at once", () => {
    expect(node.ssh.settings).toMatchObject({
      PermitRootLogin: "prohibit-password",
      PasswordAuthentication: "no",
      KbdInteractiveAuthentication: "no",
      MaxStartups: "200",
    });
  });
});

describe("versions", () => {
  it("cover every program of a node", () => {
    expect(Object.keys(versionsOf(node))).toEqual([
      "kubernetes",
      "etcd",
      "containerd",
      "flannel",
      "kwok",
      "cni-plugins",
      "coredns",
    ]);
  });
});
