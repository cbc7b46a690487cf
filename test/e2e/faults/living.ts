import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import type { Ended } from "../lab.ts";
import { shown } from "./fault-table.ts";
import { controlPlane, worker, type SharedCluster } from "./shared-cluster.ts";
import { hideFiles } from "./storage.ts";

const both = [controlPlane, worker];

/** Folder of the cluster's storage pool. */
const poolFolder = "/var/lib/libvirt/nodeforge-e2e";

/** Faults of a cluster that runs, and that no command changes. */
export function living(cluster: SharedCluster): void {
  const { lab } = cluster;

  describe("living:", () => {
    beforeEach(() => cluster.keep());

    it("an etcd that is killed starts again, and no run is needed", async () => {
      const restarts = () => cluster.on(controlPlane, "systemctl show etcd --property NRestarts --value");
      const before = Number(await restarts());
      await cluster.on(controlPlane, "systemctl kill --signal KILL etcd");
      const status = await lab.nodeforge("status", [], 5);
      await lab.eventually("etcd to run again", 5, async () => {
        expect(Number(await restarts())).toBe(before + 1);
        await lab.kubectl("get", "--raw", "/readyz");
      });
      await cluster.waitForReady(both);
      const next = await cluster.upWithoutChange();
      await cluster.report("etcd is killed", health(status.all), next);
    });

    it("a power loss of all machines is over after one up, with the last object", async () => {
      const boots = await lab.bootIds();
      await cluster.keep();
      for (const node of both) await lab.virsh("destroy", cluster.domain(node));
      const status = await lab.nodeforge("status", [], 5);
      for (const node of both) expect(status.all).toContain(`warning: the machine of ${node} is off. Fix: npm run`);
      expect(status.all).toContain("warning: the API server is not ready: ");

      const up = await lab.up();
      const now = await lab.bootIds();
      expect(both.filter((node) => now[node] === boots[node])).toEqual([]);
      await cluster.report("all machines lose power", health(status.all), up);
    });

    it.each([
      // The controller manager ignores the renewals of a lease until they are later than the latest one, so this is the first.
      ["behind", "-1 hour", /worker-node-1, clock: the node's clock is off by -3\d{3} s/],
      ["ahead", "+1 hour", /worker-node-1, clock: the node's clock is off by 3\d{3} s/],
    ])("a worker's clock that is an hour %s is named, and up sets it", async (side, change, finding) => {
      const boots = await lab.bootIds();
      await cluster.on(worker, `systemctl stop chrony && date --set '${change}'`);
      const diagnosis = await cluster.diagnose(/^Most likely: The machines' clocks differ/m);
      expect(diagnosis.all).toMatch(finding);
      const up = await lab.up();
      expect(up.all).toMatch(new RegExp(`the clock of e2e-worker-node-1 was 3\\d{3} s ${side}: it is set`));
      // The error of this measurement is the duration of a login.
      const off = Number(await cluster.on(worker, "date +%s")) - Date.now() / 1000;
      expect(Math.abs(off)).toBeLessThan(60);
      await cluster.on(worker, "systemctl start chrony");
      await cluster.waitForReady(both);
      expect(await lab.bootIds()).toEqual(boots);
      await cluster.report(`a worker's clock is an hour ${side}`, diagnosis, up);
    });

    it("a worker's full disk is named, and the worker recovers once it has space", async () => {
      const boots = await lab.bootIds([worker]);
      // The blocks that only root may use are left, because kubelet does not count them.
      const free = "$(df --output=avail --block-size=1 / | tail -n 1)";
      await cluster.on(worker, `fallocate --length $((${free} - (8 << 20))) /var/full; df --human-readable /`);
      const diagnosis = await cluster.diagnose(/^Most likely: The node's disk is full\.$/m);
      expect(diagnosis.all).toMatch(/^ {2}worker-node-1, (disk|conditions): /m);
      await cluster.on(worker, "rm /var/full");
      // kubelet reports the pressure for five more minutes, and evicts each pod.
      await lab.eventually("the end of the pressure", 10, async () => {
        const conditions = '{.status.conditions[?(@.type=="DiskPressure")].status} {.spec.taints[*].key}';
        expect(await lab.kubectl("get", `node/${worker}`, "-o", `jsonpath=${conditions}`)).toBe("False ");
      });
      // The garbage collection keeps the images. Without the deletion, the pods' controller waits for minutes.
      await lab.kubectl("-n", "nodeforge-smoke", "delete", "pods", "--field-selector", "status.phase=Failed");
      await lab.kubectl("-n", "nodeforge-smoke", "rollout", "status", "daemonset/smoke", "--timeout=240s");
      const next = await lab.up();
      expect(await lab.bootIds([worker])).toEqual(boots);
      await cluster.report("a worker's disk is full", diagnosis, next);
    });

    it("a worker without a network is named, and is Ready again with it, without a boot", async () => {
      const boots = await lab.bootIds([worker]);
      const range = await lab.kubectl("get", `node/${controlPlane}`, "-o", "jsonpath={.spec.podCIDR}");
      const link = async (state: "up" | "down") => {
        const [card = ""] = await lab.virsh("domiflist", cluster.domain(worker));
        await lab.virsh("domif-setlink", cluster.domain(worker), card.split(/\s+/)[4] ?? "", state);
      };
      await link("down");
      await cluster.waitForReady([controlPlane]);
      const diagnosis = await lab.nodeforge("diagnose", [], 10).finally(() => link("up"));
      const up = await lab.up();
      await cluster.waitForReady(both);
      expect(await lab.bootIds([worker])).toEqual(boots);
      // The routes to the other pods went with the link.
      await lab.eventually("the route to the other pods", 5, async () => {
        expect(await cluster.on(worker, "ip route")).toContain(`${range} via `);
      });
      await cluster.report("a worker has no network", diagnosis, up);
      expect(diagnosis.exitCode).toBe(1);
      expect(diagnosis.all).toMatch(/^worker-node-1: not Ready$/m);
      expect(diagnosis.all).toMatch(/^Most likely: The node has an address, but no ssh server answers there\.$/m);
    });

    it("storage that is unmounted below the machines is named, and the cluster is unchanged once it is mounted", async () => {
      const boots = await lab.bootIds();
      const machines = () =>
        Promise.all(
          both
            .map((node) => cluster.domain(node))
            .map(async (domain) => [
              ...(await lab.virsh("domuuid", domain)),
              ...(await lab.virsh("domblklist", domain)),
            ]),
        );
      const before = await machines();
      const volumes = volumesIn(lab.state());
      const empty = join(lab.folder, "unmounted");
      mkdirSync(empty);
      // libvirt lists the volumes that it saw last during the first run, and none during the second one.
      const runs: Ended[] = [];
      const mount = await hideFiles(poolFolder, empty);
      let status: Ended;
      try {
        status = await lab.nodeforge("status", [], 5);
        runs.push(await lab.nodeforge("up", ["--yes"], 10));
        expect(await lab.virsh("vol-list", "nodeforge-e2e")).toEqual([]);
        runs.push(await lab.nodeforge("up", ["--yes"], 10));
        expect(readdirSync(empty)).toEqual([]);
      } finally {
        await mount();
      }
      for (const { exitCode, all } of runs) {
        expect(exitCode, all).not.toBe(0);
        expect(all).toMatch(
          /storage pool nodeforge-e2e has none of the stack's \d+ volumes in \S+, expected all of them; no volume was created or removed\./,
        );
        expect(all).toMatch(/Fix: mount the storage on the hypervisor, and run this again\./);
      }
      expect(volumesIn(lab.state())).toEqual(volumes);
      const next = await cluster.upWithoutChange();
      expect(await machines()).toEqual(before);
      expect(await lab.bootIds()).toEqual(boots);
      const seen = `status: ${health(status.all)} / ${runs.map((run) => shown(run.all, run.exitCode)).join(" / again: ")}`;
      await cluster.report("the storage is unmounted below the machines", seen, next);
    });

    it("a worker that got the control plane's host name is refused as such, and is Ready again with its own", async () => {
      const boots = await lab.bootIds();
      const rename = (name: string) =>
        cluster.on(worker, `hostnamectl set-hostname ${name} && systemctl restart --no-block kubelet`);
      await rename(controlPlane);
      await cluster.waitForReady([controlPlane]);
      const address = '{.status.addresses[?(@.type=="InternalIP")].address}';
      const seen = await lab.kubectl("get", `node/${controlPlane}`, "-o", `jsonpath=${address}`);
      const diagnosis = await cluster
        .diagnose(/^Most likely: The node's host name was changed after the node had joined/m)
        .finally(() => rename(worker));
      // The worker's certificate does not let it change another Node.
      expect(seen).toBe((await lab.nodes()).find(({ name }) => name === controlPlane)?.address);
      expect(diagnosis.exitCode).toBe(1);
      expect(diagnosis.all).toMatch(/^ {2}worker-node-1, hostname: master$/m);
      await cluster.waitForReady(both);
      const next = await lab.up();
      expect(await lab.bootIds()).toEqual(boots);
      await cluster.report("a worker gets the host name of the control plane", diagnosis, next);
    });

    it("a disabled kubelet joins again after a reset of the control plane", async () => {
      const boots = await lab.bootIds();
      await cluster.on(worker, "systemctl disable --now kubelet");
      await lab.virsh("reset", cluster.domain(controlPlane));
      await cluster.waitForReady([controlPlane], 15);
      const status = await lab.nodeforge("status", [], 5);
      expect(status.all).toContain("warning: worker-node-1 is NotReady. Fix: npm run diagnose");

      const up = await lab.up();
      const now = await lab.bootIds();
      expect([now[worker] === boots[worker], now[controlPlane] === boots[controlPlane]]).toEqual([true, false]);
      expect(await cluster.on(worker, "systemctl is-active kubelet")).toBe("active");
      expect(await cluster.on(worker, "systemctl is-enabled kubelet")).toBe("enabled");
      await cluster.report("a kubelet is disabled, and the control plane resets", health(status.all), up);
    });
  });
}

/** Returns the warnings of `npm run status`, or its word about the API server. */
function health(status: string): string {
  const lines = status.split("\n").map((line) => line.trim());
  const warnings = lines.flatMap((line) => /^warning: (.*)$/.exec(line)?.[1] ?? []);
  return warnings.length > 0 ? warnings.join(" / ") : (lines.find((line) => line.startsWith("API server")) ?? "");
}

/** Returns the sorted ids of the volumes in a state. */
function volumesIn(state: string): readonly string[] {
  const { checkpoint } = JSON.parse(state) as {
    checkpoint: { latest?: { resources?: { type: string; id?: string }[] } };
  };
  const volumes = (checkpoint.latest?.resources ?? []).filter(({ type }) => type === "libvirt:index/volume:Volume");
  return volumes.flatMap(({ id }) => id ?? []).sort();
}
