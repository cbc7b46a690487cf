import * as pulumi from "@pulumi/pulumi";

/** Resource to wait for, or a promise of one that is created later. */
export type Awaitable = pulumi.Resource | Promise<pulumi.Resource>;

/**
 * Returns an output of the same value that waits until resources are complete. In a preview it waits for their plans.
 *
 * Unlike with `dependsOn`, the state records no dependency. A dependency would order deletions, too. The engine's search for
 * that order costs the depth times the square of the resources (ScheduleDeletes in pkg/resource/deploy/step_generator.go).
 */
export function after<T>(
  value: pulumi.Input<T>,
  ...resources: readonly (Awaitable | undefined)[]
): pulumi.Output<pulumi.Unwrap<T>> {
  const awaited = resources.filter((each) => each !== undefined);
  const complete = Promise.all(awaited.map(async (each) => completion(await each)));
  // Every worker has several of these, and an output takes 5 KB of memory. An output of both would be made of five.
  return pulumi.output(awaited.length === 0 ? undefined : complete).apply(() => value) as pulumi.Output<
    pulumi.Unwrap<T>
  >;
}

/** Settles when the engine has answered the registration. A failed one ends the program. */
async function completion(resource: pulumi.Resource): Promise<void> {
  // A URN is known in a preview, too. An id is not, so a function of it would not run.
  await new Promise<void>((resolve) => void resource.urn.apply(() => resolve()));
}
