import { describeCrashes } from "./crash-matrix-cases.ts";
import { victims } from "./crash-matrix.ts";

// A run without its service waits for most of its time, so a file of its own kills services beside these.
describeCrashes(
  "journal",
  victims.journal.filter((victim) => victim !== "service"),
);
