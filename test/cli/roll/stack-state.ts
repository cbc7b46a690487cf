import type { ImageReference } from "../../../image/location.ts";
import type { StackState, StateResource } from "../../../cli/stack/state.ts";
import { urn } from "../../support/urn.ts";

/** A node image whose SHA-256 is one digit. */
export function imageOf(digit: string): ImageReference {
  return { source: `/images/${digit}.qcow2`, sha256: digit.repeat(64) };
}

/** State after a complete `up` with the image `last`, in which each node now runs its image of `nodes`. */
export function stateOf(last: ImageReference | undefined, nodes: Readonly<Record<string, ImageReference | undefined>>) {
  const used = [...new Set(Object.values(nodes))].filter((used) => used !== undefined);
  const resource = (type: string, id: string, outputs: object): StateResource => ({
    urn: urn(type, id),
    type,
    id,
    outputs: outputs as Record<string, unknown>,
  });
  const outputs = {
    imageHash: last?.sha256,
    nodes: Object.keys(nodes).map((name) => ({ name, role: name === "master" ? "control-plane" : "worker" })),
  };
  return {
    pending: [],
    resources: [
      resource("pulumi:pulumi:Stack", "nodeforge-lab", last === undefined ? {} : outputs),
      resource("nodeforge:index:Cluster", "lab", {}),
      ...used.map(({ sha256, source }, index) => ({
        ...resource("libvirt:index/volume:Volume", `/pool/base-${sha256}`, {
          // The first name is of a release without the cluster's id in it.
          name: `lab-base-${sha256.slice(0, 12)}${index === 0 ? "" : "-0123abcd"}.qcow2`,
        }),
        inputs: { source },
      })),
      ...Object.entries(nodes).flatMap(([name, runs]) =>
        runs === undefined
          ? []
          : [
              resource("libvirt:index/volume:Volume", `/pool/${name}-root`, {
                baseVolumeId: `/pool/base-${runs.sha256}`,
              }),
              resource("libvirt:index/domain:Domain", `id of ${name}`, {
                name: `lab-${name}`,
                disks: [{ volumeId: `/pool/${name}-root` }, { volumeId: "seed" }],
              }),
            ],
      ),
    ],
  } satisfies StackState;
}
