import type { Resource, ResourceTransformationResult } from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { omitUnreadOutputs } from "../../components/unread-outputs.ts";
import { resourceType } from "../../names.ts";

/** Returns the properties that are left of a resource's. */
function left(type: string, props: object): ResourceTransformationResult["props"] | undefined {
  return omitUnreadOutputs({ type, name: "lab", props, opts: {}, resource: {} as Resource })?.props;
}

describe("the properties of a resource", () => {
  it("stay without those that have no value and that nothing reads", () => {
    const unset = { metadata: undefined, nvram: undefined };
    expect(left(resourceType.domain, { name: "lab", autostart: false, memory: 0, ...unset })).toEqual({
      name: "lab",
      autostart: false,
      memory: 0,
    });
    expect(Object.keys(left(resourceType.volume, { pool: "lab", xml: undefined }) ?? {})).toEqual(["pool"]);
  });

  it("keep the result of a command, which has no value yet", () => {
    for (const type of [resourceType.localCommand, resourceType.remoteCommand]) {
      const props = { create: "true", environment: undefined, stdout: undefined, stderr: undefined };
      expect(Object.keys(left(type, props) ?? {})).toEqual(["create", "stdout"]);
    }
  });

  it("are unchanged for every other type", () => {
    for (const type of [resourceType.randomUuid, resourceType.network, "kubernetes:core/v1:Service"]) {
      expect(left(type, { keepers: undefined })).toBeUndefined();
    }
  });
});
