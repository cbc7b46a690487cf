import { expect } from "vitest";

/** Expects that a preview creates, or deletes, exactly the resources of one worker. */
export function expectOneWorker(announced: readonly string[], verb: "create" | "delete", name: string): void {
  const own = announced.filter((operation) => operation.startsWith(`${verb} `));
  const types = ["Volume", "Volume", "Domain", "Command", "Command", "Command", "Command"];
  expect(own.map((operation) => operation.split(" ")[1]).sort()).toEqual(types.sort());
  expect(own.every((operation) => operation.includes(`e2e-${name}`))).toBe(true);
  const others = announced.filter(
    (operation) => /^(create|delete|replace) /.test(operation) && !own.includes(operation),
  );
  expect(others).toEqual([]);
}
