import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Ended } from "../lab.ts";
import { during, type Moment } from "./during.ts";
import { degradeLink, dropDhcpRequests, exhaustAddresses, refuseSsh, restartLibvirt } from "./obstacles.ts";
import { controlPlane, newcomer, worker, type SharedCluster } from "./shared-cluster.ts";
import { stopCommands } from "./stopped.ts";

const two = [controlPlane, worker];
const three = [...two, newcomer];

/** Minutes for which the commands of this machine are stopped: longer than every limit of an unanswered request. */
const stoppedMinutes = 10;

/** Milliseconds by which the clock of the control plane may be off. */
const clockTolerance = 5_000;

/** Default of tokenTtlMinutes. Another value changes the token of each worker. */
const defaultTokenTtl = "30";

/** Faults while `up` adds a worker. After each of them, the worker is removed again. */
export function growing(cluster: SharedCluster): void {
  const { lab } = cluster;
  const domain = cluster.domain(newcomer);

  async function leasedAddress(): Promise<string> {
    const leases = (await lab.virsh("domifaddr", domain, "--source", "lease")).join("\n");
    const address = /ipv4\s+([\d.]+)\//.exec(leases)?.[1];
    if (address === undefined) throw new Error(`${domain} has no lease yet`);
    return address;
  }

  /** Runs a command on the new worker, whose address no output has yet. */
  async function onNewcomer(command: string): Promise<string> {
    return lab.ssh(await leasedAddress(), command);
  }

  const defined: Moment = {
    what: "the machine's definition",
    reached: async () => {
      if (!(await lab.virsh("list", "--all", "--name")).includes(domain))
        throw new Error(`${domain} is not defined yet`);
    },
    limitMinutes: 10,
    interval: 50,
  };
  const booting: Moment = {
    what: "the start of the machine",
    reached: async () => {
      if (!(await lab.virsh("list", "--name")).includes(domain)) throw new Error(`${domain} does not run yet`);
    },
    limitMinutes: 10,
  };
  const leased: Moment = { what: "the lease", reached: leasedAddress, limitMinutes: 20 };
  const answering: Moment = { what: "the first login", reached: () => onNewcomer("true"), limitMinutes: 20 };
  const joining: Moment = { what: "the join", reached: () => onNewcomer("pgrep --exact kubeadm"), limitMinutes: 20 };

  /** Adds the worker, and lets something happen at a moment. */
  async function grow(moment: Moment, act: () => Promise<void>): Promise<Ended> {
    await lab.set("workers", "2");
    return during(lab.nodeforge("up", ["--yes"], 50), moment, act);
  }

  const tokens = "kubectl --kubeconfig /etc/kubernetes/admin.conf --namespace kube-system";
  const listTokens = `${tokens} get secrets --field-selector type=bootstrap.kubernetes.io/token --output name`;

  /** Does something before the new worker joins. A join waits for the lock for five minutes. */
  async function holdJoin(act: () => Promise<void>): Promise<void> {
    await onNewcomer("systemd-run --unit held flock /run/nodeforge.lock sleep infinity");
    await act();
    await onNewcomer("systemctl stop held");
  }

  /** Runs `up` again where it failed, and reports the fault. Nothing that ran before may boot. */
  async function finish(fault: string, seen: Ended, boots: Readonly<Record<string, string>>): Promise<void> {
    const next = seen.exitCode === 0 ? "is not needed" : await lab.up();
    await cluster.waitForReady(three);
    expect(await lab.bootIds()).toMatchObject(boots);
    await cluster.report(fault, seen, next, three);
  }

  describe("growing:", () => {
    beforeEach(() => cluster.keep());
    afterEach(async () => {
      await lab.set("bootTimeoutMinutes", "0");
      await lab.set("joinTimeoutMinutes", "0");
      await lab.set("tokenTtlMinutes", defaultTokenTtl);
      await lab.set("workers", "1");
      await lab.up();
      const orphans = (await lab.virsh("list", "--all", "--name")).filter((name) => name === domain);
      // The next case needs its name.
      for (const orphan of orphans) await lab.virsh("undefine", orphan).then(() => lab.virsh("destroy", orphan));
      expect(orphans).toEqual([]);
      expect(await lab.readyNodes()).toEqual(two);
    });

    it(`an up that is stopped for ${stoppedMinutes} minutes during a join finishes`, async () => {
      const boots = await lab.bootIds();
      // Under KVM the plugin would end the join after 7 minutes.
      await lab.set("joinTimeoutMinutes", "20");
      const seen = await grow(joining, async () => {
        const resume = stopCommands();
        await sleep(stoppedMinutes * 60_000);
        resume();
      });
      expect(seen.exitCode, seen.all).toBe(0);
      await finish(`the commands of up are stopped for ${stoppedMinutes} minutes`, seen, boots);
    });

    it("a link with loss and delay lets the worker join", async () => {
      const boots = await lab.bootIds();
      const seen = await grow(booting, () => degradeLink(lab, domain));
      expect(seen.exitCode, seen.all).toBe(0);
      await finish("the new worker's link loses 5 % of the packets and delays the others by up to 50 ms", seen, boots);
    });

    it("a reset of the control plane during a join delays the join", async () => {
      const boots = await lab.bootIds([worker]);
      const reset = async () => void (await lab.virsh("reset", cluster.domain(controlPlane)));
      const seen = await grow(joining, reset);
      expect(seen.exitCode, seen.all).toBe(0);
      await finish("the control plane resets during a join", seen, boots);
    });

    it("a worker that loses power during its first boot is named, and repeats the boot in the next up", async () => {
      const boots = await lab.bootIds();
      // cloud-init writes the host key and the login of the node now.
      const seen = await grow(leased, async () => {
        await sleep(3_000);
        await lab.virsh("destroy", domain);
      });
      expect(seen.exitCode, seen.all).not.toBe(0);
      // No minute of the limit for the boot is waited for.
      expect(seen.all).toContain(`no address and host key of ${domain}, because the machine is off`);
      expect(seen.all).toMatch(/^Most likely: The machine crashed, was stopped, or is missing from libvirt\.$/m);
      await finish("the new worker loses power during its first boot", seen, boots);
    });

    it("a worker that loses power during its join is named, and joins in the next up", async () => {
      const boots = await lab.bootIds();
      const seen = await grow(joining, async () => void (await lab.virsh("destroy", domain)));
      expect(seen.exitCode, seen.all).not.toBe(0);
      expect(seen.all).toMatch(/^Most likely: The machine crashed, was stopped, or is missing from libvirt\.$/m);
      await finish("the new worker loses power during its join", seen, boots);
    });

    it("a token that is deleted before the join is named, and the next up mints another", async () => {
      const boots = await lab.bootIds();
      const seen = await grow(answering, () =>
        holdJoin(() =>
          lab.eventually("the token", 5, async () => {
            await cluster.on(controlPlane, `names=$(${listTokens}) && [[ -n $names ]] && ${tokens} delete $names`);
          }),
        ),
      );
      expect(seen.exitCode, seen.all).not.toBe(0);
      expect(seen.all).toMatch(/^worker-node-2: join failed$/m);
      expect(seen.all).toMatch(/^Most likely: The worker's token had expired or was revoked/m);
      await finish("the new worker's token is deleted before its join", seen, boots);
    });

    it("a token that expires before the join is named, and the next up mints another", async () => {
      const boots = await lab.bootIds();
      // The shortest lifetime that a stack may have. The worker that has joined gets no other token.
      await lab.set("tokenTtlMinutes", "1");
      let lifetime = "";
      const seen = await grow(answering, () =>
        holdJoin(async () => {
          await lab.eventually("the token", 5, async () => {
            const expiration = `$(${listTokens} | head -n 1) --output jsonpath={.data.expiration}`;
            lifetime = await cluster.on(controlPlane, `${tokens} get ${expiration} | base64 -d`);
            expect(Date.parse(lifetime)).toBeGreaterThan(0);
          });
          // Kubernetes deletes it at its end. A join waits for its lock for five minutes.
          await lab.eventually("the end of the token", 4, async () => {
            expect(await cluster.on(controlPlane, listTokens)).toBe("");
          });
          expect(Date.now()).toBeGreaterThan(Date.parse(lifetime) - clockTolerance);
        }),
      );
      expect(seen.exitCode, seen.all).not.toBe(0);
      expect(seen.all).toMatch(/^worker-node-2: join failed$/m);
      expect(seen.all).toMatch(/^Most likely: The worker's token had expired or was revoked/m);
      await lab.set("tokenTtlMinutes", defaultTokenTtl);
      await finish("the new worker's token expires before its join", seen, boots);
    });

    it("a worker whose ssh server never answers is named, and the next up continues", async () => {
      const boots = await lab.bootIds();
      const known = (await lab.nodes()).map(({ address }) => address);
      await lab.set("workers", "2");
      const answerAgain = await refuseSsh(known);
      const seen = await lab.nodeforge("up", ["--yes"], 50).finally(answerAgain);
      expect(seen.exitCode, seen.all).not.toBe(0);
      expect(seen.all).toMatch(/^Most likely: The node has an address, but no ssh server answers there\.$/m);
      const machine = await lab.virsh("domuuid", domain);
      await finish("the new worker's ssh server never answers", seen, boots);
      expect(await lab.virsh("domuuid", domain)).toEqual(machine);
    });

    it("an exhausted range of addresses is named, and the next up gets one", async () => {
      const boots = await lab.bootIds();
      await lab.set("workers", "2");
      await lab.set("bootTimeoutMinutes", "6");
      const release = await exhaustAddresses(lab);
      const seen = await lab.nodeforge("up", ["--yes"], 50).finally(release);
      expect(seen.exitCode, seen.all).not.toBe(0);
      expect(seen.all).toMatch(/^Most likely: The machine runs but has no address/m);
      await lab.set("bootTimeoutMinutes", "0");
      await finish("the range of addresses is exhausted", seen, boots);
    });

    it("a worker without a lease, because its DHCP requests are dropped, is named, and the next up gets one", async () => {
      const boots = await lab.bootIds();
      await lab.set("bootTimeoutMinutes", "6");
      let release = () => Promise.resolve();
      const seen = await grow(booting, async () => {
        release = await dropDhcpRequests(lab, domain);
      }).finally(() => release());
      expect(seen.exitCode, seen.all).not.toBe(0);
      expect(seen.all).toMatch(/^Most likely: The machine runs but has no address/m);
      await lab.set("bootTimeoutMinutes", "0");
      await finish("the new worker's DHCP requests are dropped", seen, boots);
    });

    it("a removed worker that restarts instead of shutting down is gone, and so is its Node", async () => {
      await lab.set("workers", "2");
      await lab.up();
      const boots = await lab.bootIds(two);
      await onNewcomer(
        "systemd-run --unit restarts --property ExecStop='/usr/bin/systemctl reboot --force --force' sleep 3600",
      );
      await lab.set("workers", "1");
      const seen = await lab.up();
      expect(await lab.virsh("list", "--all", "--name")).not.toContain(domain);
      expect(await lab.bootIds()).toMatchObject(boots);
      expect((await lab.kubectl("get", "nodes", "-o", "name")).trim().split("\n")).toEqual(
        two.map((name) => `node/${name}`),
      );
      await cluster.report("a removed worker restarts instead of shutting down", seen, "is not needed", two);
    });

    it("a restart of libvirtd while it creates a worker costs another up", async () => {
      const boots = await lab.bootIds();
      const seen = await grow(defined, restartLibvirt);
      expect(seen.exitCode, seen.all).not.toBe(0);
      expect(seen.all).toMatch(/^worker-node-2: machine failed$/m);
      const [machine = ""] = await lab.virsh("domuuid", domain);
      // The state lacks a machine if the answer to its creation was lost. Its removal cuts off its first boot.
      const isLost = !lab.state().includes(machine);
      const up = await lab.up();
      const removed = new RegExp(
        `removed domain ${domain}: its creation failed in an earlier run\n.*` +
          `removed volume ${domain}-root-[0-9a-f]{7,8}: no step had run on its machine`,
      );
      if (isLost) expect(up.all).toMatch(removed);
      else expect(up.all).not.toMatch(/removed (domain|volume)/);
      expect(await lab.virsh("domuuid", domain)).toEqual(isLost ? [expect.not.stringMatching(machine)] : [machine]);
      await cluster.waitForReady(three);
      expect(await lab.bootIds()).toMatchObject(boots);
      await cluster.report("libvirtd restarts while it creates a worker", seen, up, three);
    });
  });
}
