/** Words for resource types, by the last part of their token. */
const kinds: Readonly<Record<string, string>> = {
  Domain: "machine",
  Volume: "volume",
  Network: "network",
  Pool: "storage pool",
};

/** Word for a resource of a type; undefined for components, providers, commands and random values. */
export function kindOfType(type: string): string | undefined {
  if (/^(nodeforge|pulumi|command|random):/.test(type)) return undefined;
  const [provider = "", , own = ""] = type.split(":");
  return provider === "kubernetes" ? `Kubernetes ${own}` : (kinds[own] ?? type);
}
