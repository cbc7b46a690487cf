import { afterAll, beforeAll, describe } from "vitest";
import { FaultTable } from "./faults/fault-table.ts";
import { growing } from "./faults/growing.ts";
import { living } from "./faults/living.ts";
import { SharedCluster } from "./faults/shared-cluster.ts";
import { withoutMachines } from "./faults/without-machines.ts";
import { Lab } from "./lab.ts";

// Faults of the hypervisor, of machines and of networks: what you see, what the next `up` does, and that nothing is lost. A case
// can run alone: `npm run test:e2e:nightly -- faults -t "two ups"`. At the end, a table has a row for each case.
const table = new FaultTable();
const bare = new Lab("bare");
const lab = new Lab("e2e");
afterAll(() => {
  table.print();
  bare.remove();
  lab.remove();
});

withoutMachines(bare, table);

describe("a cluster,", () => {
  const cluster = new SharedCluster(lab, table);
  beforeAll(() => cluster.bringUp());
  afterAll(() => cluster.destroy());

  living(cluster);
  growing(cluster);
});
