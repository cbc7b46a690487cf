import { Refusal, type Connection } from "../../../lib/api-server.ts";
import type { KubernetesObject, PodVolume } from "../workload/operation.ts";
import { collectionOf } from "./resource-path.ts";

const mergePatch = "application/merge-patch+json";

/** Annotation that says that a claim has its volume. */
const bound = "pv.kubernetes.io/bind-completed";

/**
 * Creates a volume and its claim, bound to each other without storage. Both are complete then, so that the controller manager has
 * nothing to change: its requests are limited to 20 a second.
 *
 * The order is that of a binding. A claim that names a missing volume is Lost if it has the annotation. So is a claim whose volume
 * names another uid (syncBoundClaim of Kubernetes' pv_controller.go).
 */
export async function createBoundVolume(connection: Connection, { volume, claim }: PodVolume): Promise<void> {
  const { name, namespace } = claim.metadata as { readonly name: string; readonly namespace: string };
  const [claims, volumes] = [collectionOf(claim, namespace), collectionOf(volume, namespace)];
  const uid = await createClaim(connection, claims, claim);
  // Another operation of the workload has created both.
  if (uid === undefined) return;
  const claimRef = { apiVersion: "v1", kind: "PersistentVolumeClaim", namespace, name, uid };
  const spec = volume.spec as { readonly accessModes?: readonly string[]; readonly capacity?: object };
  await connection.send("POST", volumes, { ...volume, spec: { ...spec, claimRef } });
  const { accessModes, capacity } = spec;
  const volumePath = `${volumes}/${String(volume.metadata.name)}`;
  await connection.send("PATCH", `${volumePath}/status`, { status: { phase: "Bound" } }, mergePatch);
  const completed = {
    metadata: { annotations: { [bound]: "yes" } },
    status: { phase: "Bound", accessModes, capacity },
  };
  await connection.send("PATCH", `${claims}/${name}/status`, completed, mergePatch);
}

/** @returns the claim's uid; undefined where it exists. */
async function createClaim(connection: Connection, claims: string, claim: KubernetesObject) {
  const annotations = { ...(claim.metadata.annotations as object | undefined), [bound]: undefined };
  try {
    const body = { ...claim, metadata: { ...claim.metadata, annotations } };
    const created = await connection.send<{ readonly metadata: { readonly uid: string } }>("POST", claims, body);
    return created.metadata.uid;
  } catch (error) {
    if (error instanceof Refusal && error.status === 409) return undefined;
    throw error;
  }
}
