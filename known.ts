import * as pulumi from "@pulumi/pulumi";

/** What the stack's state has, as it was when this run began. */
export interface Known {
  /** By URN. */
  readonly resources: ReadonlyMap<
    string,
    { readonly type: string; readonly id: string; readonly outputs: Record<string, unknown> }
  >;
}

interface Answer {
  readonly outputs: Readonly<Record<string, { type: string; id?: string; outputs?: Record<string, unknown> }>>;
}

/** Reads the running stack's own state through the engine. */
export async function readKnown(): Promise<Known> {
  const stackName = pulumi.getStack();
  const token = "pulumi:pulumi:readStackResourceOutputs";
  const { outputs } = (await pulumi.runtime.invoke(token, { stackName })) as Answer;
  return {
    resources: new Map(
      Object.entries(outputs).map(([urn, { type, id = "", outputs: values = {} }]) => [
        urn,
        { type, id, outputs: values },
      ]),
    ),
  };
}
