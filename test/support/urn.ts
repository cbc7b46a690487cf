/**
 * URN of a resource, as Pulumi's engine writes it.
 * @param type Type token; that of a component's child begins with the tokens of its parents, each with a `$` behind it.
 * @param name Resource name.
 * @param stack Name of the stack. @default "lab"
 */
export function urn(type: string, name: string, stack = "lab"): string {
  return `urn:pulumi:${stack}::nodeforge::${type}::${name}`;
}
