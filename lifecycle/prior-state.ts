import * as pulumi from "@pulumi/pulumi";
import { nameOfUrn, resourceType, type ResourceType } from "../names.ts";

/** A resource in the prior state. */
export interface PriorResource {
  readonly type: string;
  readonly name: string;
  /** Outputs of its last operation. Secrets are in clear text, so never print them. */
  readonly outputs: Readonly<Record<string, unknown>>;
}

/** State of the stack at the start of the run: every resource by URN. Empty before the first run. */
export class PriorState {
  readonly resources: ReadonlyMap<string, PriorResource>;
  // Each node asks for several resources, so a search through all of them would cost the square of the number of nodes.
  readonly #byName = new Map<string, PriorResource>();

  constructor(resources: ReadonlyMap<string, PriorResource> = new Map()) {
    this.resources = resources;
    for (const resource of resources.values()) {
      const key = keyOf(resource.type, resource.name);
      if (!this.#byName.has(key)) this.#byName.set(key, resource);
    }
  }

  /** Outputs of the resource of a type and name; undefined when there is none. */
  outputsOf(type: ResourceType, name: string): Readonly<Record<string, unknown>> | undefined {
    return this.#byName.get(keyOf(resourceType[type], name))?.outputs;
  }

  /** Names of the resources of a type. */
  namesOf(type: ResourceType): readonly string[] {
    return [...this.resources.values()].filter((each) => each.type === resourceType[type]).map(({ name }) => name);
  }
}

function keyOf(type: string, name: string): string {
  return `${type} ${name}`;
}

/**
 * Reads the prior state of the running stack from the engine, including resources of a run that failed or was killed.
 *
 * Outputs of the stack are no source, because they are those of the last successful run. The engine's built-in provider answers
 * the call (pkg/resource/deploy/builtins.go), as it does for stack references.
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
