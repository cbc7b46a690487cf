import { describe, expect, it } from "vitest";
import { renewalDays } from "../../lifecycle/certificates.ts";
import { fileText, readDeclaration, versionsOf } from "../../image/declaration.ts";

const node = readDeclaration();
const unit = (name: string) => {
  const found = node.unit.find((candidate) => candidate.name === name);
  if (!found) throw new Error(`no unit ${name}`);
  return found;
};
const ofSystem = ["firewall", "machine", "firewall-control-plane", "containerd", "chrony"];
const ofKubernetes = node.unit.filter(({ name }) => !ofSystem.includes(name));

describe("units", () => {
  it("are the ones the guest scripts know", () => {
    expect(node.unit.map(({ name }) => name)).toEqual([
      "firewall",
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
    ]);
  });

  it("of Kubernetes stay quiet until a script has done its part", () => {
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
    });
  });

  it.each(ofKubernetes.map(({ name }) => name))("%s starts after the host name is set", (name) => {
    expect(unit(name).after).toContain("cloud-config.target");
  });

  it("look at the machine once the host key is there, and before anyone sees it", () => {
    const { after, before, type } = unit("machine");
    expect(type).toBe("oneshot");
    expect(after).toEqual(["cloud-init.service", "cloud-init-network.service"]);
    expect(before).toEqual(expect.arrayContaining(["ssh.service", "sshd.service", "qemu-guest-agent.service"]));
    // What they keep is on the data disk.
    expect(before).toEqual(expect.arrayContaining(["etcd.service", "kubelet.service"]));
  });

  it.each(node.unit.map(({ name }) => name))("%s does not wait for what waits for all units", (name) => {
    // Both come after multi-user.target, which wants our units: the three would wait for each other.
    expect(unit(name).after).not.toContain("cloud-init.target");
    expect(unit(name).after).not.toContain("cloud-final.service");
  });

  it("can be ordered", () => {
    const left = new Map(node.unit.map(({ name, after = [] }) => [`${name}.service`, after]));
    while (left.size > 0) {
      const free = [...left].filter(([, after]) => !after.some((other) => left.has(other))).map(([name]) => name);
      expect(free, `a cycle among ${[...left.keys()].join(", ")}`).not.toEqual([]);
      for (const name of free) left.delete(name);
    }
  });

  it("want only units they also come after", () => {
    for (const { name, wants = [], after = [], before = [] } of node.unit) {
      for (const wanted of wants) expect([...after, ...before], `${name} wants ${wanted}`).toContain(wanted);
    }
  });

  it("name programs, not paths, and arguments that need no quoting", () => {
    for (const { name, exec, "exec-after": after = [], tools = [] } of node.unit) {
      for (const program of [...exec.slice(0, 1), ...after.slice(0, 1), ...tools])
        expect(program, name).toMatch(/^[a-z][a-z0-9-]*$/);
      for (const argument of [...exec, ...after]) expect(argument, name).not.toMatch(/[\s"'%\\]/);
    }
  });

  it("use only variables that are in their environment files", () => {
    const written = ["NODE_NAME", "NODE_ADDRESS", "CLUSTER_NAME", "CLUSTER_DOMAIN", "POD_CIDR", "SERVICE_CIDR"];
    for (const { name, exec, "environment-files": files = [] } of node.unit) {
      const used = [...exec.join(" ").matchAll(/\$\{(\w+)\}/g)].map(([, variable]) => variable);
      if (used.length > 0) expect(files, name).toEqual([node.paths["node-env"]]);
      for (const variable of used) expect(written, name).toContain(variable);
    }
  });

  it("let the API server reach kubelets without their names being resolvable", () => {
    expect(unit("kube-apiserver").exec).toContain("--kubelet-preferred-address-types=InternalIP,ExternalIP,Hostname");
    expect(unit("kube-apiserver").exec).toContain("--authorization-mode=Node,RBAC");
  });

  it("that need the API server come after it is ready, not only after it serves", () => {
    const { "exec-after": after = [], "start-timeout": limit } = unit("kube-apiserver");
    expect(node.file.map(({ path }) => path)).toContain(after[1]);
    expect(limit).toBe("10min");
    for (const name of ["kube-controller-manager", "kube-scheduler", "kubelet"]) {
      expect(unit(name).after).toContain("kube-apiserver.service");
    }
  });

  it("let kubelet mount, and read configuration that is dropped in", () => {
    expect(unit("kubelet").tools).toContain("mount");
    expect(unit("kubelet").exec).toContain("--config-dir=/var/lib/kubelet/config.d");
    expect(node.tmpfiles.rules).toContain("d /var/lib/kubelet/config.d 0755 root root -");
  });
});

describe("the packet filter", () => {
  it("lets in exactly the declared ports, and a set that is empty", () => {
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

  it("lets in the API server where a control plane runs, before it serves", () => {
    expect(node.firewall["control-plane"].map(({ port }) => port)).toEqual([6443]);
    expect(fileText(node, "files/firewall-control-plane.nft")).toMatch(
      /^add element inet nodeforge control_plane \{ 6443 \}$/m,
    );
    const { condition, exec, after, type, remain } = unit("firewall-control-plane");
    expect([condition, type, remain]).toEqual([node.paths["control-plane"], "oneshot", true]);
    expect(node.file.map(({ path }) => path)).toContain(exec[2]);
    // One that was another machine's is no control plane any more, once it was looked at.
    expect(after).toEqual(["firewall.service", "machine.service"]);
    expect(unit("kube-apiserver").after).toContain("firewall-control-plane.service");
    expect(unit("kube-apiserver").wants).toContain("firewall-control-plane.service");
  });

  it("is never asked for etcd, which listens to its own machine alone", () => {
    const urls = unit("etcd").exec.filter((argument) => /-urls=|-cluster=/.test(argument));
    expect(urls).toHaveLength(6);
    for (const url of urls) expect(url).toMatch(/=https?:\/\/127\.0\.0\.1:23\d\d$/);
    expect(unit("kube-apiserver").exec).toContain("--etcd-servers=https://127.0.0.1:2379");
  });

  it("has a reason for each of them", () => {
    for (const { port, reason } of Object.values(node.firewall).flat()) {
      expect(reason, String(port)).not.toBe("");
    }
  });

  it("leaves forwarded packets, which are pods', alone", () => {
    expect(fileText(node, "files/firewall.nft")).not.toContain("hook forward");
  });
});

describe("the certificates", () => {
  it("are looked at weekly, and at each boot before they are used", () => {
    const { timer, before, exec, type } = unit("certificates");
    expect([type, timer?.calendar]).toEqual(["oneshot", "weekly"]);
    expect(before).toEqual(["etcd.service"]);
    expect(node.file.map(({ path }) => path)).toContain(exec[1]);
  });

  it("are renewed as long before their end as the program asks for it", () => {
    expect(fileText(node, "files/renew-certificates.sh")).toContain(`seconds=$((${renewalDays} * 24 * 60 * 60))`);
  });
});

describe("files", () => {
  it.each(node.file)("$path has all its values", ({ source }) => {
    expect(fileText(node, source)).not.toMatch(/@[a-z.-]+@/);
  });

  it("name the sandbox image that every node has", () => {
    expect(fileText(node, "files/containerd.toml")).toContain(`sandbox = "${node.image.pause.name}"`);
  });

  it("are refused when they ask for what is not declared", () => {
    const lacking = { ...node, paths: {} as typeof node.paths };
    expect(() => fileText(lacking, "files/containerd.toml")).toThrow("@paths.cni-plugins@");
  });

  it("give pods a way out without masquerading among themselves", () => {
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
  it("take keys only, and many at once", () => {
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
      "cni-plugins",
      "coredns",
    ]);
  });
});
