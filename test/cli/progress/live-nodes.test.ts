import { stringify } from "yaml";
import { describe, expect, it } from "vitest";
import { readLiveNodes } from "../../../cli/progress/live-nodes.ts";
import { FakeApiServer, type Stored } from "../bench/run/fake-api-server.ts";

/** A session whose stack has this kubeconfig. */
function sessionWith(kubeconfig: string) {
  const asked: string[] = [];
  const capture = (args: readonly string[]) => {
    asked.push(args.join(" "));
    return Promise.resolve(kubeconfig);
  };
  return { asked, session: { stack: "lab", capture } };
}

/** A kubeconfig as kubeadm writes it, for an API server without TLS. */
function kubeconfigOf({ server }: FakeApiServer): string {
  return stringify({ clusters: [{ cluster: { server: server.endpoint } }], users: [{ user: {} }] });
}

describe("the nodes of a cluster", () => {
  it("have the state that the API server tells", async () => {
    const fake = await FakeApiServer.start();
    fake.isReady = false;
    fake.put("/api/v1/nodes/master", {
      metadata: { name: "master", creationTimestamp: "2026-11-27T00:00:00Z" },
      status: {
        conditions: [
          { type: "MemoryPressure", status: "False" },
          { type: "Ready", status: "True" },
        ],
        nodeInfo: { kubeletVersion: "v1.36.3" },
        addresses: [
          { type: "Hostname", address: "master" },
          { type: "InternalIP", address: "192.168.222.10" },
        ],
      },
    } as Stored);
    fake.put("/api/v1/nodes/worker-node-1", {
      metadata: { name: "worker-node-1" },
      spec: { unschedulable: true },
      status: { conditions: [{ type: "Ready", status: "Unknown" }] },
    });
    const { asked, session } = sessionWith(kubeconfigOf(fake));
    expect(await readLiveNodes(session)).toEqual([
      {
        name: "master",
        status: "Ready",
        version: "v1.36.3",
        address: "192.168.222.10",
        pool: undefined,
        created: Date.parse("2026-11-27T00:00:00Z"),
      },
      {
        name: "worker-node-1",
        status: "NotReady,SchedulingDisabled",
        version: "",
        address: undefined,
        pool: undefined,
        created: undefined,
      },
    ]);
    expect(asked).toEqual(["stack output kubeconfig --show-secrets --stack lab"]);
    expect(fake.requests).toEqual(["GET /api/v1/nodes?labelSelector=!nodeforge.local%2Fsimulated"]);
  });

  it("are unknown with a reason where the API server does not answer in time, or refuses", async () => {
    const fake = await FakeApiServer.start();
    const { session } = sessionWith(kubeconfigOf(fake));
    fake.refuse = () => 0;
    await expect(readLiveNodes(session, 100)).rejects.toThrow("the API server did not answer within 0.1 s");
    fake.refuse = () => 403;
    await expect(readLiveNodes(session, 5_000)).rejects.toThrow(/^GET \/api\/v1\/nodes.*: 403/);
    const gone = stringify({ clusters: [{ cluster: { server: "http://127.0.0.1:1" } }], users: [{ user: {} }] });
    await expect(readLiveNodes(sessionWith(gone).session, 5_000)).rejects.toThrow();
  });

  it.each(["", "{}", "no kubeconfig", "clusters: [{ cluster: {} }]\nusers: []"])(
    "are unknown where the kubeconfig is %j",
    async (text) =>
      expect(readLiveNodes(sessionWith(text).session)).rejects.toThrow(
        "the kubeconfig has no address of an API server",
      ),
  );
});
