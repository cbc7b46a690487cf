import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { inCheckout } from "../../lib/checkout.ts";
import { versions } from "../../tools/versions.ts";

const example = (name: string) => readFileSync(inCheckout("benchmarks", "schedulers", "example", name), "utf8");

interface Configuration {
  readonly profiles: readonly {
    readonly plugins: { readonly multiPoint: { readonly enabled: readonly { readonly name: string }[] } };
    readonly pluginConfig: readonly { readonly name: string; readonly args: Readonly<Record<string, unknown>> }[];
  }[];
}

describe("the example of a scheduler", () => {
  it("takes the Kubernetes version and the replacements of the toolchain", () => {
    const module = example("go.mod");
    const toolchain = readFileSync(inCheckout("tools", "go", "kubernetes", "go.mod"), "utf8");
    const replacements = (text: string) => text.split("\n").filter((line) => line.startsWith("replace "));
    expect(module).toContain(`\tk8s.io/kubernetes v${versions.kubernetes}\n`);
    expect(replacements(module).length).toBeGreaterThan(20);
    expect(replacements(module)).toEqual(replacements(toolchain));
    expect(example("README.md")).toContain(`kube-scheduler ${versions.kubernetes} `);
  });

  it.each([
    ["configuration.yaml", 0],
    ["delayed.yaml", 5],
  ])("%s enables the plugin with a delay of %i ms", (name, delayMilliseconds) => {
    const [profile] = (parse(example(name)) as Configuration).profiles;
    expect(example("fewer_like_me.go")).toContain('const pluginName = "FewerLikeMe"');
    expect(profile?.plugins.multiPoint.enabled.map((plugin) => plugin.name)).toEqual(["FewerLikeMe"]);
    expect(profile?.pluginConfig).toEqual([{ name: "FewerLikeMe", args: { labelKey: "app", delayMilliseconds } }]);
  });
});
