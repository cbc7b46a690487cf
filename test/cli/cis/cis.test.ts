import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { argumentLines, settingsParameters } from "../../../guest/component-arguments.ts";
import { parseFacts, parseKubelet, type NodeFacts } from "../../../cli/cis/facts.ts";
import { checks, reportText, results, unexpected, type CheckedNode } from "../../../cli/cis/report.ts";
import { withCisList } from "../../../docs/cis.ts";
import { readDeclaration } from "../../../image/declaration.ts";
import { inCheckout } from "../../../lib/checkout.ts";
import { defaultCluster } from "./default-cluster.ts";
import { configWith } from "../../support/settings.ts";

const cluster = defaultCluster();
const units = ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy"];
const config = configWith({});
/** Authentication configuration that the control plane gets. */
const authentication = (settingsParameters(config).FILES ?? "").split("\n")[0]?.replace(/^\S+ /, "") ?? "";

/** Output of guest/cis-facts.sh on a node with the arguments of the image and of this program. */
function output(role: CheckedNode["role"]): string {
  const running = role === "worker" ? ["kubelet", "kube-proxy"] : units;
  const image = readDeclaration()
    .unit.filter(({ name }) => running.includes(name))
    .flatMap(({ name, exec }) => [
      `unit\t${name}`,
      ...exec.slice(1).map((each) => `argument\t${name}\t${each.slice(2)}`),
    ]);
  const own = argumentLines(config)
    .split("\n")
    .filter((line) => running.includes(line.split(" ")[0] ?? ""))
    .map((line) => line.replace(/^(\S+) "--(.*)"$/, "argument\t$1\t$2"));
  const file = (path: string, mode = "600") => `file\t${path}\t${mode}\troot:root`;
  const everywhere = [
    file("/etc/kubernetes/kubelet.conf"),
    file("/etc/kubernetes/pki/ca.crt"),
    file("/var/lib/kubelet/config.yaml"),
    file("/etc/cni/net.d/10-containerd-net.conflist", "644"),
    file("/etc/systemd/system/kubelet.service", "644"),
  ];
  const plane = [
    file("/var/lib/etcd", "700"),
    file("/etc/kubernetes/pki", "755"),
    file("/etc/kubernetes/pki/ca.key"),
    ...["admin", "scheduler", "controller-manager"].map((name) => file(`/etc/kubernetes/${name}.conf`)),
    `anonymous\t${authentication}`,
    "provider\tsecretbox",
    "authority\tca\tsha256 Fingerprint=AA",
    "authority\tetcd/ca\tsha256 Fingerprint=BB",
  ];
  return [...image, ...own, ...everywhere, ...(role === "worker" ? [] : plane), "end", ""].join("\n");
}

const kubelet = {
  authentication: { anonymous: { enabled: false }, x509: { clientCAFile: "/etc/kubernetes/pki/ca.crt" } },
  authorization: { mode: "Webhook" },
  ...{ streamingConnectionIdleTimeout: "4h0m0s", rotateCertificates: true, podPidsLimit: 4096, seccompDefault: true },
  serverTLSBootstrap: true,
};
const node = (role: CheckedNode["role"], change = (text: string) => text, settings: object = kubelet): CheckedNode => ({
  ...{ name: role === "worker" ? "worker-1" : "master", role },
  facts: parseFacts(change(output(role)), settings as NodeFacts["kubelet"]),
});
const manifest = (name: string) => `file\t/etc/kubernetes/manifests/${name}.yaml\t600\troot:root\n`;
const outcomes = (...nodes: readonly CheckedNode[]) =>
  new Map(results(nodes, cluster).map((result) => [result.id, result]));

describe("the checks", () => {
  it("have their expected outcome on a cluster with the default settings", () => {
    const all = results([node("control-plane"), node("worker")], cluster);
    expect(all.filter(({ outcome, expected }) => outcome !== expected).map(({ id }) => id)).toEqual([]);
    expect(unexpected(all)).toEqual([]);
  });

  it("have one number each, in the order of the benchmark, and a reason", () => {
    expect(new Set(checks.map(({ id }) => id)).size).toBe(checks.length);
    expect(checks.slice(0, 3).map(({ id }) => id)).toEqual(["1.1.1", "1.1.2", "1.1.3"]);
    expect(checks.every(({ why, subject }) => why !== "" && subject !== "")).toBe(true);
  });

  it.each([
    ["1.1.20", "/etc/kubernetes/pki/ca.crt", ["master"]],
    ["4.1.7", "/etc/kubernetes/pki/ca.crt", ["master", "worker-1"]],
    ["4.1.9", "/var/lib/kubelet/config.yaml", ["master", "worker-1"]],
  ])("fail where more than root may read a file: %s", (id, path, failing) => {
    const readable = (text: string) => text.replace(`${path}\t600`, `${path}\t644`);
    const result = outcomes(node("control-plane", readable), node("worker", readable)).get(id);
    expect([result?.outcome, result?.failing]).toEqual(["fail", failing]);
  });

  it.each([
    ["1.1.21", (text: string) => text.replace("ca.key\t600", "ca.key\t640")],
    ["1.1.13", (text: string) => text.replace("/admin.conf\t600\troot:root", "/admin.conf\t600\tuser:user")],
    ["1.2.1", (text: string) => text.replace("/healthz", "/version")],
    ["1.2.1", (text: string) => text.replace(/^anonymous.*\n/m, "")],
    ["1.2.1", (text: string) => text.replace(/^anonymous.*/m, 'anonymous\t{"anonymous":{"conditions":[null]}}')],
    ["1.2.1", (text: string) => text.replace(/^anonymous.*/m, 'anonymous\t{"anonymous":{"conditions":"/livez"}}')],
    ["1.2.5", (text: string) => text.replace(/^argument.*kubelet-certificate-authority.*\n/m, "")],
    ["1.2.7", (text: string) => text.replace("Node,RBAC", "RBAC")],
    ["1.2.15", (text: string) => text.replace("kube-apiserver\tprofiling=false", "kube-apiserver\tprofiling=true")],
    ["1.2.28", (text: string) => text.replace("secretbox", "identity")],
    [
      "1.4.2",
      (text: string) => text.replace("kube-scheduler\tbind-address=127.0.0.1", "kube-scheduler\tbind-address=0.0.0.0"),
    ],
    ["2.7", (text: string) => text.replace("=BB", "=AA")],
    ["1.1.1", (text: string) => text.replace(/end\n$/, `${manifest("kube-apiserver")}end\n`)],
    ["1.1.2", (text: string) => text.replace(/end\n$/, `${manifest("kube-apiserver")}end\n`)],
    ["1.1.5", (text: string) => text.replace(/end\n$/, `${manifest("kube-scheduler")}end\n`)],
    ["1.1.8", (text: string) => text.replace(/end\n$/, `${manifest("etcd")}end\n`)],
    ["1.1.10", (text: string) => text.replace("net.conflist\t644\troot:root", "net.conflist\t644\troot:wheel")],
    ["1.1.14", (text: string) => text.replace("/admin.conf\t600\troot:root", "/admin.conf\t600\tuser:user")],
    ["1.1.16", (text: string) => text.replace(/^file.*\/scheduler.conf.*\n/m, "")],
    ["1.1.18", (text: string) => text.replace("manager.conf\t600\troot:root", "manager.conf\t600\troot:adm")],
    ["4.1.2", (text: string) => text.replace("kubelet.service\t644\troot:root", "kubelet.service\t644\tuser:root")],
    ["4.1.3", (text: string) => text.replace("/kubelet.conf\t600", "/kubelet.conf\t640")],
    ["4.1.3", (text: string) => text.replace(/(kube-proxy\tkubeconfig=).*/, "$1/no/such.conf")],
    ["4.1.4", (text: string) => text.replace("/kubelet.conf\t600\troot:root", "/kubelet.conf\t600\troot:adm")],
    ["4.1.6", (text: string) => text.replace("/kubelet.conf\t600\troot:root", "/kubelet.conf\t600\troot:adm")],
    ["4.1.8", (text: string) => text.replace("/pki/ca.crt\t600\troot:root", "/pki/ca.crt\t600\troot:adm")],
    ["4.1.10", (text: string) => text.replace("config.yaml\t600\troot:root", "config.yaml\t600\troot:adm")],
    ["4.3.1", (text: string) => text.replace("metrics-bind-address=127.0.0.1:10249", "metrics-bind-address=0.0.0.0")],
    ["4.3.1", (text: string) => text.replace(/^argument\tkube-proxy\tmetrics-bind-address.*\n/m, "")],
  ])("fail on a control plane that differs: %s", (id, change) => {
    const result = outcomes(node("control-plane", change), node("worker")).get(id);
    expect([result?.outcome, result?.failing]).toEqual(["fail", ["master"]]);
  });

  it("fail as expected where the user etcd does not own the data, or others may read a unit", () => {
    const all = outcomes(node("control-plane"), node("worker"));
    expect([all.get("1.1.12")?.outcome, all.get("4.1.1")?.outcome]).toEqual(["fail", "fail"]);
    const strict = (text: string) =>
      text
        .replace("etcd\t700\troot:root", "etcd\t700\tetcd:etcd")
        .replace("kubelet.service\t644", "kubelet.service\t600");
    const changed = outcomes(node("control-plane", strict), node("worker", strict));
    expect([changed.get("1.1.12")?.outcome, changed.get("4.1.1")?.outcome]).toEqual(["pass", "pass"]);
    expect(reportText([...changed.values()])).toMatch(/^1\.1\.12 +pass +.*a setting of yours$/m);
  });

  it("are complete: the numbers of the benchmark", () => {
    const numbers = (section: string, last: number) =>
      Array.from({ length: last }, (_, index) => `${section}.${index + 1}`);
    const sections: readonly (readonly [string, number])[] = [
      ["1.1", 21],
      ["1.2", 29],
      ["1.3", 7],
      ["1.4", 2],
      ["2", 7],
      ["3.1", 3],
      ["3.2", 2],
      ["4.1", 10],
      ["4.2", 13],
      ["4.3", 1],
      ["5.1", 13],
      ["5.2", 13],
      ["5.3", 2],
      ["5.4", 2],
      ["5.5", 1],
      ["5.7", 4],
    ];
    expect(checks.map(({ id }) => id)).toEqual(sections.flatMap(([section, last]) => numbers(section, last)));
  });

  it("count manual recommendations apart, and do not judge them", () => {
    const all = results([node("control-plane"), node("worker")], cluster);
    const count = (outcome: string) => all.filter((result) => result.outcome === outcome).length;
    expect([count("pass"), count("fail"), count("manual"), all.length]).toEqual([82, 27, 21, 130]);
    expect(reportText(all).split("\n").slice(-2)).toEqual([
      "21 recommendations are manual: judge them yourself",
      "82 of 109 checks pass, 27 fail as docs/security.md says, 0 fail unexpectedly",
    ]);
  });

  it("fail without their unit, and without an answer of the kubelet", () => {
    const plane = node("control-plane", (text) => text.replaceAll(/^(unit|argument)\tkube-apiserver.*\n/gm, ""));
    for (const id of ["1.2.2", "1.2.6", "1.2.12", "1.2.21"]) expect(outcomes(plane).get(id)?.outcome).toBe("fail");
    const silent = node("worker", undefined, {});
    for (const id of ["4.2.1", "4.2.4", "4.2.13"]) {
      expect(outcomes(node("control-plane"), silent).get(id)?.failing).toEqual(["worker-1"]);
    }
  });

  it("are reported with the reason, the unexpected failures with their nodes, and a count", () => {
    const text = reportText(
      results([node("control-plane"), node("worker", undefined, { ...kubelet, podPidsLimit: -1 })], cluster),
    );
    expect(text).toMatch(/^4\.2\.13 +fail +.*unexpected on worker-1: expected that nodeforge sets 4096$/m);
    expect(text).toMatch(/^1\.2\.3 +fail +.*users may need external addresses/m);
    expect(text).toMatch(/^5\.1\.8 +manual +.*look for these three verbs/m);
    expect(text).toMatch(/, 1 fail unexpectedly$/);
  });
});

describe("the facts of a node", () => {
  it("are refused when they were cut off, and a line of another form is left out", () => {
    expect(() => parseFacts("unit\tetcd\n", {})).toThrow("the facts of the node were cut off. Fix: repeat the command");
    expect(parseFacts("file\t/a\trwx\troot:root\nargument\tetcd\ta=b\nend\n", {})).toMatchObject({
      files: new Map(),
      units: new Map(),
    });
  });
});

describe("the answer of a kubelet", () => {
  it("has its configuration, which may be missing", () => {
    expect(parseKubelet('{"kubeletconfig":{"podPidsLimit":4096}}')).toEqual({ podPidsLimit: 4096 });
    expect(parseKubelet("{}")).toEqual({});
  });

  it.each(["null", "", "[]", "5", "<html>", '{"kubeletconfig":null}', '{"kubeletconfig":[]}'])(
    "is refused with a sentence: %s",
    (text) => {
      expect(() => parseKubelet(text)).toThrow(
        `the kubelet answered ${JSON.stringify(text)}, expected JSON with an object kubeletconfig. Fix: repeat`,
      );
    },
  );
});

describe("docs/security.md", () => {
  const page = readFileSync(inCheckout("docs", "security.md"), "utf8");

  it("has the list of the checks", () => {
    expect(withCisList(page)).toBe(page);
  });

  it("is refused without its marks", () => {
    expect(() => withCisList("text")).toThrow("docs/security.md lacks a mark");
  });
});
