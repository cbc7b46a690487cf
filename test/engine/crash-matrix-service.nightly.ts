import { describeCrashes } from "./crash-matrix-cases.ts";

describeCrashes("journal", ["service"]);
