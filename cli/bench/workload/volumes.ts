import { isRecord } from "../../../lib/record.ts";
import type { Fields } from "./fields.ts";
import { withMetadata, type MakeObject, type Templates } from "./objects.ts";
import type { KubernetesObject, PodVolume } from "./operation.ts";

/** Makes the volume and the claim of the pod with an index from 0, in a namespace. */
type MakeVolume = (index: number, namespace: string) => PodVolume;

/** Fields that identify a volume, by kind of storage (getCustomVolumeFactory of scheduler_perf's executor.go). */
const identifiers: Readonly<Record<string, string>> = { csi: "volumeHandle", awsElasticBlockStore: "volumeID" };

/**
 * Reads the templates of volumes and claims of a createPods operation. Names are those of scheduler_perf, because other pods of
 * the namespace may use the claims.
 * @returns undefined without templates, and where they are wrong.
 */
export function readVolumes(fields: Fields, templates: Templates): MakeVolume | undefined {
  const volumePath = fields.string("persistentVolumeTemplatePath");
  const claimPath = fields.string("persistentVolumeClaimTemplatePath");
  if (volumePath === undefined && claimPath === undefined) return undefined;
  if (volumePath === undefined || claimPath === undefined) {
    fields.problem("wanted persistentVolumeTemplatePath and persistentVolumeClaimTemplatePath, got one of them");
    return undefined;
  }
  try {
    const data = { count: 0, parameters: {} };
    const volume = templates.file(volumePath, data, "PersistentVolume");
    const claim = templates.file(claimPath, data, "PersistentVolumeClaim");
    return (index, namespace) => pairOf(volume(index), claim(index), index, namespace);
  } catch (error) {
    fields.problem((error as Error).message);
    return undefined;
  }
}

/** Returns a maker of pods whose one volume is that of the claim with the pod's index. */
export function withClaims(make: MakeObject): MakeObject {
  return (index) => {
    const pod = make(index);
    const volumes = [{ name: "vol", persistentVolumeClaim: { claimName: claimName(index) } }];
    return { ...pod, spec: { ...(pod.spec as object), volumes } };
  };
}

function pairOf(volume: KubernetesObject, claim: KubernetesObject, index: number, namespace: string): PodVolume {
  const volumeName = `${namespace}-vol-${index}`;
  const spec = Object.entries(volume.spec as Readonly<Record<string, unknown>>).map(([field, source]) => {
    const identifier = identifiers[field];
    return [field, identifier !== undefined && isRecord(source) ? { ...source, [identifier]: volumeName } : source];
  });
  return {
    volume: {
      ...withMetadata(volume, { name: volumeName, generateName: undefined }),
      spec: Object.fromEntries(spec) as object,
    },
    claim: {
      ...withMetadata(claim, { name: claimName(index), generateName: undefined, namespace }),
      spec: { ...(claim.spec as object), volumeName },
    },
  };
}

function claimName(index: number): string {
  return `pvc-${index}`;
}
