import { describe, expect, test } from "vitest";
import type { PodVolume } from "../../../../cli/bench/workload/operation.ts";
import { batch, create, stageOf } from "./stage.ts";

const claims = "/api/v1/namespaces/a/persistentvolumeclaims";
const volumes = "/api/v1/persistentvolumes";
const bound = "pv.kubernetes.io/bind-completed";
const labels = { "nodeforge.local/bench": "true" };

const volumeOf = (index: number): PodVolume => ({
  volume: {
    ...{ apiVersion: "v1", kind: "PersistentVolume", metadata: { name: `a-vol-${index}` } },
    spec: { accessModes: ["ReadOnlyMany"], capacity: { storage: "1Gi" } },
  },
  claim: {
    ...{ apiVersion: "v1", kind: "PersistentVolumeClaim" },
    metadata: { name: `pvc-${index}`, namespace: "a", annotations: { [bound]: "true", other: "x" } },
    spec: { volumeName: `a-vol-${index}` },
  },
});

const withVolumes = (count: number) => create(0, { pods: batch(count, { volume: volumeOf }) });

describe("the volume of a pod", () => {
  test("and its claim are bound to each other before the pod exists", async () => {
    const { fake, run } = await stageOf();
    await run(withVolumes(2));
    expect([fake.names(volumes), fake.names(claims)]).toEqual([
      ["a-vol-0", "a-vol-1"],
      ["pvc-0", "pvc-1"],
    ]);
    expect(fake.objects.get(`${volumes}/a-vol-1`)).toMatchObject({
      metadata: { labels },
      spec: {
        capacity: { storage: "1Gi" },
        claimRef: {
          apiVersion: "v1",
          kind: "PersistentVolumeClaim",
          namespace: "a",
          name: "pvc-1",
          uid: "uid of pvc-1",
        },
      },
      status: { phase: "Bound" },
    });
    expect(fake.objects.get(`${claims}/pvc-1`)).toMatchObject({
      metadata: { labels, annotations: { [bound]: "yes" } },
      status: { phase: "Bound", accessModes: ["ReadOnlyMany"], capacity: { storage: "1Gi" } },
    });
    const steps = fake.requests.filter((request) => /pvc-0|a-vol-0|^POST .*(claims|volumes|pods)$/.test(request));
    expect(steps.findIndex((request) => request.endsWith("/pods"))).toBeGreaterThan(
      steps.indexOf(`PATCH ${claims}/pvc-0/status`),
    );
  });

  test("has a claim without the annotation until the volume is there", async () => {
    const { fake, run } = await stageOf();
    fake.refuse = (method, path) => (method === "POST" && path === volumes ? 403 : undefined);
    await expect(run(withVolumes(1))).rejects.toThrow("403");
    expect(fake.objects.get(`${claims}/pvc-0`)?.metadata).toMatchObject({ annotations: { other: "x" } });
    expect(fake.objects.get(`${claims}/pvc-0`)?.metadata).not.toMatchObject({ annotations: { [bound]: "true" } });
    expect(fake.count(/^POST .*pods$/)).toBe(0);
  });

  test("that an earlier operation has created is used again", async () => {
    const { fake, run } = await stageOf();
    const other = { pod: (index: number) => ({ ...batch(1).pod(index), metadata: { name: `other-${index}` } }) };
    await run(withVolumes(1), create(0, { pods: batch(1, { volume: volumeOf, ...other }) }));
    expect(fake.count(/^POST .*persistentvolumes$/)).toBe(1);
    expect(fake.count(/^PATCH /)).toBe(2);
  });

  test("is none where the pods have none", async () => {
    const { fake, run } = await stageOf();
    await run(create(2));
    expect(fake.count(/persistentvolume/)).toBe(0);
  });
});
