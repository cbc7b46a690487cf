import { describe, expect, test } from "vitest";
import {
  clusterCollections,
  collectionOf,
  controllerCollections,
  guardedCollections,
  plainCollections,
} from "../../../../cli/bench/run/resource-path.ts";

const object = (apiVersion: string, kind: string, namespace?: string) => ({
  ...{ apiVersion, kind },
  metadata: { name: "a", ...(namespace === undefined ? {} : { namespace }) },
});

describe("the collection of", () => {
  test.each([
    [object("v1", "Pod"), "/api/v1/namespaces/n/pods"],
    [object("v1", "Pod", "own"), "/api/v1/namespaces/own/pods"],
    [object("apps/v1", "Deployment"), "/apis/apps/v1/namespaces/n/deployments"],
    [object("v1", "Node"), "/api/v1/nodes"],
    [object("v1", "PersistentVolume"), "/api/v1/persistentvolumes"],
    [object("v1", "PersistentVolumeClaim"), "/api/v1/namespaces/n/persistentvolumeclaims"],
    [object("scheduling.k8s.io/v1", "PriorityClass"), "/apis/scheduling.k8s.io/v1/priorityclasses"],
  ])("%j is %s", (given, expected) => {
    expect(collectionOf(given, "n")).toBe(expected);
  });

  test.each([object("storage.k8s.io/v1", "StorageClass"), object("v1beta1", "Pod"), object("v1", "pod")])(
    "%j is refused, since no clean-up would delete it",
    (given) => {
      const expected = `the workload creates a ${given.apiVersion} ${given.kind}, expected one of v1 Pod, `;
      expect(() => collectionOf(given, "n")).toThrow(expected);
    },
  );
});

test("every kind but a pod is in one of the collections that a clean-up deletes", () => {
  const kinds = /expected one of (.*)\. Fix/.exec(String(new Error(messageOf())))![1]!.split(", ");
  const deleted = [...clusterCollections, ...controllerCollections("n"), ...plainCollections("n")];
  const collections = kinds.map((kind) => collectionOf(object(...(kind.split(" ") as [string, string])), "n"));
  expect(collections).toHaveLength(13);
  expect(new Set(deleted).size).toBe(deleted.length);
  expect([...deleted, "/api/v1/namespaces/n/pods"].sort()).toEqual(collections.sort());
});

test("only controllers are deleted before the pods", () => {
  expect(controllerCollections("n").map((path) => path.split("/").at(-1))).toEqual([
    ...["daemonsets", "deployments", "replicasets", "jobs"],
  ]);
});

test("claims lose their finalizers before volumes, which they guard", () => {
  expect(guardedCollections(["a", "b"])).toEqual([
    ...["a", "b"].map((name) => `/api/v1/namespaces/${name}/persistentvolumeclaims`),
    "/api/v1/persistentvolumes",
  ]);
});

function messageOf(): string {
  try {
    return collectionOf(object("v1", "Unknown"), "n");
  } catch (error) {
    return (error as Error).message;
  }
}
