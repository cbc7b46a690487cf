import * as pulumi from "@pulumi/pulumi";
import { nameOfUrn, resourceType, type ResourceType } from "../names.ts";

/** A resource as the stack remembers it. */
export interface PriorResource {
  readonly type: string;
  readonly name: string;
  /** What it last told; secrets in clear, so never to be shown. */
  readonly outputs: Readonly<Record<string, unknown>>;
}

/** What the stack remembered when this run began: every resource, keyed by URN. Empty before the first run. */
export class PriorState {
  readonly resources: ReadonlyMap<string, PriorResource>;

  constructor(resources: ReadonlyMap<string, PriorResource> = new Map()) {
    this.resources = resources;
  }

  /** Outputs of the resource of a type and name; undefined when there is none. */
  outputsOf(type: ResourceType, name: string): Readonly<Record<string, unknown>> | undefined {
    return this.#ofType(type).find((resource) => resource.name === name)?.outputs;
  }

  /** Names of the resources of a type. */
  namesOf(type: ResourceType): readonly string[] {
    return this.#ofType(type).map(({ name }) => name);
  }

  #ofType(type: ResourceType): readonly PriorResource[] {
    return [...this.resources.values()].filter((resource) => resource.type === resourceType[type]);
  }
}

/**
 * Asks the engine what the running stack remembers, also of a run that failed or was killed halfway.
 *
 * Stack outputs would not do: they are what the last run that succeeded said. The engine's own provider answers this
 * (pkg/resource/deploy/builtins.go), as it does for stack references.
 */
export async function readPriorState(): Promise<PriorState> {
  const stackName = [pulumi.getOrganization(), pulumi.getProject(), pulumi.getStack()].join("/");
  const answer = (await pulumi.runtime.invoke("pulumi:pulumi:readStackResourceOutputs", { stackName })) as {
    outputs: Record<string, { type: string; outputs?: Record<string, unknown> }>;
  };
  return new PriorState(
    new Map(
      Object.entries(answer.outputs).map(([urn, { type, outputs = {} }]) => [
        urn,
        { type, name: nameOfUrn(urn), outputs },
      ]),
    ),
  );
}
