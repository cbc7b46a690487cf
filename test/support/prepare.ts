/** Tiers of the tests. */
export type Tier = "unit" | "engine" | "e2e";
export async function prepareTier(tier: Tier): Promise<Record<string, string>> {
  void tier;
  return Promise.resolve({});
}
