import type { StackSettings } from "./settings.ts";

/** Returns the number of a stack's workers and their memory. Does not validate the keys, because the program does. */
export function workersOf({ get, objects }: Pick<StackSettings, "get" | "objects">) {
  const given = objects("workerPools");
  const pools = given.length > 0 ? given : [{ count: get("workers") }];
  const sizes = pools.map(
    ({ count, memoryMiB = get("workerMemoryMiB") }) => [Number(count), Number(memoryMiB)] as const,
  );
  return {
    count: sizes.reduce((sum, [count]) => sum + count, 0),
    memoryMiB: sizes.reduce((sum, [count, memory]) => sum + count * memory, 0),
  };
}
