/** Compares names in the order of a reader, numbers by value: node-2 comes before node-10. */
export const { compare: compareNames } = new Intl.Collator("en", { numeric: true });
