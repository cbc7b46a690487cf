import { describeCrashes } from "./crash-matrix-cases.ts";
import { victims } from "./crash-matrix.ts";

describeCrashes("file", victims.file);
