/** A fact that cannot be known, with the reason as a sentence. */
export interface Unknown {
  readonly why: string;
}

/** Whether a fact cannot be known. */
export function isUnknownFact(fact: unknown): fact is Unknown {
  return typeof fact === "object" && fact !== null && "why" in fact;
}
