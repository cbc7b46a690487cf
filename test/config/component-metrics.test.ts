import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { metricsPorts } from "../../config/component-metrics.ts";
import { configWith, problemsOf } from "../support/settings.ts";

const withMetrics = (names: readonly string[]) => ({ componentMetrics: JSON.stringify(names) });
const refusals = (raw: Record<string, string>) => problemsOf(raw).map(({ key, expected }) => [key, expected]);

describe("the components with metrics for other machines", () => {
  it("are none by default", () => {
    expect(configWith().componentMetrics).toEqual([]);
  });

  it("have one order", () => {
    const all = ["etcd", "controllerManager", "scheduler"];
    expect(configWith(withMetrics([...all].reverse())).componentMetrics).toEqual(all);
    expect(configWith(withMetrics(["scheduler"])).componentMetrics).toEqual(["scheduler"]);
  });

  it("have the ports of the image's units", () => {
    const declaration = readFileSync(new URL("../../nix/node.toml", import.meta.url), "utf8");
    expect(declaration).toContain(`"--listen-metrics-urls=http://127.0.0.1:${metricsPorts.etcd}"`);
    // The other two are the defaults of Kubernetes, and no argument changes them.
    expect([metricsPorts.controllerManager, metricsPorts.scheduler]).toEqual([10257, 10259]);
    expect(declaration.match(/--secure-port=\d+/g)).toEqual(["--secure-port=6443"]);
  });

  it.each([
    ["kubeProxy", /^no kubeProxy, because kube-proxy authenticates no reader, so its metrics stay on /],
    ["apiServer", /^no apiServer, because its metrics are on port 6443 without the key$/],
    ["kubelet", /^no kubelet, because its metrics are on port 10250 without the key$/],
    ["schedulers", /^etcd, controllerManager or scheduler \(did you mean scheduler\?\)$/],
    ["toString", /^etcd, controllerManager or scheduler \(did you mean /],
    ["", /^etcd, controllerManager or scheduler \(did you mean /],
  ])("do not include %j", (name, expected) => {
    expect(refusals(withMetrics(["etcd", name]))).toEqual([
      ["componentMetrics[1]", expect.stringMatching(expected) as string],
    ]);
  });

  it("are each named once, in a list", () => {
    expect(refusals(withMetrics(["etcd", "etcd"]))).toEqual([["componentMetrics[1]", "each component once"]]);
    for (const text of ["true", "etcd", "{}", "[1]"]) {
      expect(refusals({ componentMetrics: text })).toEqual([["componentMetrics", "a list of strings"]]);
    }
  });
});

describe("docs/examples/prometheus.yaml", () => {
  interface Job {
    readonly job_name: string;
    readonly scheme: string;
    readonly authorization?: { readonly credentials_file: string };
    readonly tls_config: Readonly<Record<string, unknown>>;
    readonly static_configs?: readonly { readonly targets: readonly string[] }[];
  }
  const text = readFileSync(new URL("../../docs/examples/prometheus.yaml", import.meta.url), "utf8");
  const { scrape_configs: jobs } = parse(text) as { scrape_configs: readonly Job[] };
  const targets = (job: Job) => job.static_configs?.flatMap((each) => each.targets) ?? [];

  it("has the port of every component", () => {
    const ports = jobs.flatMap(targets).map((target) => Number(target.split(":")[1]));
    expect(ports.sort()).toEqual([6443, ...Object.values(metricsPorts)].sort());
  });

  it("authenticates at each of them, and never sends the token without encryption", () => {
    for (const { scheme, authorization, tls_config: tls, job_name: name } of jobs) {
      expect([scheme, Boolean(authorization ?? tls.cert_file)], name).toEqual(["https", true]);
    }
  });

  it("checks the certificate of every component", () => {
    expect(jobs.filter(({ tls_config: tls }) => tls.insecure_skip_verify)).toEqual([]);
    for (const job of jobs) expect(job.tls_config.ca_file).toMatch(/\.crt$/);
  });

  it("uses only files that docs/metrics.md makes", () => {
    const page = readFileSync(new URL("../../docs/metrics.md", import.meta.url), "utf8");
    const files = new Set(
      [...text.matchAll(/_file: \/etc\/prometheus\/nodeforge\/([\w.-]+)/g)].map(([, file]) => file),
    );
    const made = [...page.matchAll(/ > ([\w.-]+)$/gm)].map(([, file]) => file);
    expect([...files].sort()).toEqual(made.sort());
  });
});
