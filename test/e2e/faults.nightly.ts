import { afterAll } from "vitest";
import { FaultTable } from "./faults/fault-table.ts";
import { withoutMachines } from "./faults/without-machines.ts";
import { Lab } from "./lab.ts";

// Faults of the hypervisor: what you see, what the next `up` does, and that nothing is lost. A case can run alone:
// `npm run test:e2e:nightly -- faults -t "two ups"`. At the end, a table has a row for each case.
const table = new FaultTable();
const bare = new Lab("bare");
afterAll(() => {
  table.print();
  bare.remove();
});

withoutMachines(bare, table);
