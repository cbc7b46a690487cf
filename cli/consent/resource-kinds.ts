/** What a person calls the types of what can be lost, by the last part of their token. */
const kinds: Readonly<Record<string, string>> = {
  Domain: "machine",
  Volume: "volume",
  Network: "network",
  Pool: "storage pool",
};

/**
 * What a person calls a resource of a type; undefined for what is nothing by itself: a component, a provider, a step that was
 * taken, a random number.
 */
export function kindOfType(type: string): string | undefined {
  if (/^(nodeforge|pulumi|command|random):/.test(type)) return undefined;
  const [provider = "", , own = ""] = type.split(":");
  return provider === "kubernetes" ? `Kubernetes ${own}` : (kinds[own] ?? type);
}
