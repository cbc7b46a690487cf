import { expect, test } from "vitest";
import { configuration } from "../../../bench/engine/opentofu.ts";

interface Configuration {
  readonly resource: {
    readonly terraform_data: Readonly<
      Record<string, { readonly count: string; readonly input: { readonly needs: readonly string[] } }>
    >;
  };
}

test("the configuration for OpenTofu has eight resources a worker, which depend only on resources before them", () => {
  const resources = Object.entries((configuration() as Configuration).resource.terraform_data);
  const names = resources.map(([name]) => name);
  expect(names).toHaveLength(8);
  for (const [index, [, { count, input }]] of resources.entries()) {
    expect(count).toBe("${var.workers}");
    const needs = input.needs.map((need) => /^\$\{terraform_data\.(\w+)\[count\.index\]\.id\}$/.exec(need)?.[1]);
    expect(names.slice(0, index)).toEqual(expect.arrayContaining(needs));
  }
  // The chain of a worker: its machine, its host key, its token, its join, its readiness.
  expect(resources.filter(([, { input }]) => input.needs.length === 0).map(([name]) => name)).toEqual(["root", "seed"]);
});
