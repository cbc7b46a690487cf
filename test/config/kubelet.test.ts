import { describe, expect, it } from "vitest";
import { configWith, problemsOf } from "../support/settings.ts";

const withKubelet = (workerKubelet: unknown) => ({ workerKubelet: JSON.stringify(workerKubelet) });
const withPools = (...kubelets: unknown[]) => ({
  workerPools: JSON.stringify(
    kubelets.map((kubelet, index) => ({ name: `p${index}`, count: 1, ...(kubelet === undefined ? {} : { kubelet }) })),
  ),
});
const kubeletsOf = (raw: Record<string, string>) => configWith(raw).workerPools.map(({ kubelet }) => kubelet);
/** Refusals, each as its key and the expected value. */
const refusals = (raw: Record<string, string>) => problemsOf(raw).map(({ key, expected }) => [key, expected]);

describe("the kubelet of a worker", () => {
  it("has no settings by default", () => {
    expect(kubeletsOf({})).toEqual([{}]);
    expect(kubeletsOf(withPools(undefined, undefined))).toEqual([{}, {}]);
  });

  it("has the fields as the stack's file has them, with their own types", () => {
    const given = {
      maxPods: 200,
      cpuManagerPolicy: "static",
      kubeReserved: { cpu: "500m", memory: "512Mi" },
      evictionHard: { "memory.available": "5%" },
      serializeImagePulls: false,
      reservedMemory: [{ numaNode: 0, limits: { memory: "1Gi" } }],
    };
    expect(kubeletsOf(withKubelet(given))).toEqual([given]);
  });

  it("inherits the plain key in a pool that leaves the key out, and has only the pool's fields in another one", () => {
    const raw = { ...withKubelet({ maxPods: 50 }), ...withPools(undefined, { kubeAPIQPS: 100 }, {}) };
    expect(kubeletsOf(raw)).toEqual([{ maxPods: 50 }, { kubeAPIQPS: 100 }, {}]);
  });

  it.each([
    ["kind", "nodeforge writes it"],
    ["featureGates", "the key featureGates sets it on every component"],
    ["registerWithTaints", "the keys of the taints set them"],
    ["podCIDR", "kubeadm and the controller manager register the node"],
    ["clusterDNS", "pods find services by it (clusterDomain and serviceCidr decide it)"],
    ["authentication", "the API server reaches the kubelet by it"],
    ["rotateCertificates", "nodeforge renews the certificates"],
    ["serverTLSBootstrap", "nodeforge renews the certificates"],
    ["port", "the API server reaches the kubelet there, and no other port is open"],
    ["healthzPort", "kubeadm and nodeforge ask the kubelet's health there"],
    ["staticPodPath", "every node starts its own pods from the cluster"],
    ["cgroupDriver", "containerd and systemd have the same control groups"],
    ["containerRuntimeEndpoint", "the image has one container runtime"],
  ])("refuses %s with the reason, under the key that has it", (field, reason) => {
    const expected = `no value, because ${reason}`;
    expect(refusals(withKubelet({ [field]: "x" }))).toEqual([[`workerKubelet.${field}`, expected]]);
    expect(refusals(withPools(undefined, { [field]: "x" }))).toEqual([[`workerPools[1].kubelet.${field}`, expected]]);
  });

  it("refuses an unknown field, because a kubelet would ignore it", () => {
    expect(refusals(withKubelet({ maxPodz: 5 }))).toEqual([
      ["workerKubelet.maxPodz", "a field of KubeletConfiguration (did you mean maxPods?)"],
    ]);
    expect(refusals(withKubelet({ toString: 5 }))[0]?.[0]).toBe("workerKubelet.toString");
  });

  it.each([0, 254, 1.5, "100", null])("refuses %j pods, because a node has 253 addresses", (maxPods) => {
    expect(refusals(withKubelet({ maxPods })).map(([key]) => key)).toEqual(["workerKubelet.maxPods"]);
    expect(kubeletsOf(withKubelet({ maxPods: 253 }))).toEqual([{ maxPods: 253 }]);
  });

  it("refuses anything but an object, once for all pools that inherit it", () => {
    for (const text of ["[]", "null", "maxPods=1"]) {
      expect(refusals({ workerKubelet: text })).toEqual([["workerKubelet", "an object"]]);
    }
    expect(refusals(withPools(["maxPods"]))).toEqual([["workerPools[0].kubelet", "an object"]]);
    expect(refusals({ ...withKubelet({ port: 1 }), ...withPools(undefined, undefined) })).toHaveLength(1);
  });
});
