import { describe, expect, it } from "vitest";
import { readConfiguration } from "../../../../cli/bench/contestants/configuration.ts";

const common = { qps: 5000, burst: 6000 };
const head = "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n";
const limits = { kubeconfig: "/etc/kubernetes/scheduler.conf", ...common };

describe("a configuration of a scheduler", () => {
  it("has the common limits and elects no leader without a file", () => {
    const { text, problems } = readConfiguration(undefined, common);
    expect(problems).toEqual([]);
    expect(JSON.parse(text)).toEqual({
      apiVersion: "kubescheduler.config.k8s.io/v1",
      kind: "KubeSchedulerConfiguration",
      clientConnection: limits,
      leaderElection: { leaderElect: false },
    });
  });

  it("keeps every other field of the file", () => {
    const file = `${head}parallelism: 4\nleaderElection: {leaderElect: true, resourceName: x}\nclientConnection: {qps: 5000, contentType: a}\nprofiles:\n- schedulerName: s\n`;
    const { text, problems } = readConfiguration(file, common);
    expect(problems).toEqual([]);
    expect(JSON.parse(text)).toMatchObject({
      parallelism: 4,
      profiles: [{ schedulerName: "s" }],
      leaderElection: { leaderElect: false, resourceName: "x" },
      clientConnection: { ...limits, contentType: "a" },
    });
  });

  it.each([
    [`${head}clientConnection: {qps: 50}`, ["clientConnection.qps is 50, but every scheduler has 5000"]],
    [
      `${head}clientConnection: {qps: 50, burst: 100}`,
      ["clientConnection.qps is 50", "clientConnection.burst is 100, but every scheduler has 6000"],
    ],
    [`${head}clientConnection: {kubeconfig: /x}`, ["clientConnection.kubeconfig is"]],
    [`${head}clientConnection: []`, ["clientConnection is [], expected fields"]],
    ["kind: KubeSchedulerConfiguration", ["apiVersion is missing, expected kubescheduler.config.k8s.io/v1"]],
    [head.replace("/v1", "/v1beta3"), ['apiVersion is "kubescheduler.config.k8s.io/v1beta3"']],
    [head.replace("KubeSchedulerConfiguration", "Pod"), ['kind is "Pod", expected KubeSchedulerConfiguration']],
    ["- a", ['the file has ["a"], expected a KubeSchedulerConfiguration']],
    ["", ["the file has null, expected a KubeSchedulerConfiguration"]],
    ["a: [", ["the file is no YAML document"]],
    [`${head}kind: x`, ["the file is no YAML document"]],
    [`${head}---\n${head}`, ["the file is no YAML document"]],
  ])("is refused: %j", (file, expected) => {
    const { problems } = readConfiguration(file, common);
    expect(problems).toHaveLength(expected.length);
    expected.forEach((message, index) => expect(problems[index]).toContain(message));
  });
});
