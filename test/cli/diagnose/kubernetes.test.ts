import { expect, it } from "vitest";
import { byNode, notReady, notRunning } from "../../../cli/diagnose/kubernetes.ts";

const head = "NAMESPACE     NAME        READY   STATUS    RESTARTS   AGE";

it("keeps pods without all their containers running", () => {
  const bad = [
    "default       web         0/1     ErrImageNeverPull   0   1m",
    "default       half        1/2     Running   0          1m",
  ];
  const good = [
    "kube-system   coredns-1   1/1     Running   0          1m",
    "default       job   0/1     Completed   0   1m",
  ];
  expect(notRunning([head, ...good, ...bad, ""].join("\n"))).toBe([head, ...bad].join("\n"));
  expect(notRunning([head, ...good, ""].join("\n"))).toBe("all 2 pods run");
});

it("puts the name of the node before each of its conditions", () => {
  expect(byNode("master\n  Ready=True A: b\n  DiskPressure=False C: d\nworker\n  Ready=False E: f\n")).toBe(
    "master: Ready=True A: b\nmaster: DiskPressure=False C: d\nworker: Ready=False E: f",
  );
});

it("finds nodes that are not Ready, and no node that is only cordoned", () => {
  const table = "NAME STATUS\na   Ready\nb   NotReady\nc   Ready,SchedulingDisabled\nd   NotReady,SchedulingDisabled\n";
  expect(notReady(table)).toEqual(["b", "d"]);
});
