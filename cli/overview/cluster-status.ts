import type { ClusterNode } from "../diagnose/state.ts";
import type { FoundContext } from "../kubeconfig/context.ts";

/** A node of the cluster: its machine, and its Node of Kubernetes. */
export interface NodeStatus {
  readonly name: string;
  readonly role: ClusterNode["role"];
  /** As `kubectl get nodes` prints it; undefined where Kubernetes does not have the node or does not answer. */
  readonly status?: string;
  readonly version?: string;
  readonly address?: string;
  /** State of its machine, such as `running` or `off`; `unknown` where the hypervisor does not answer. */
  readonly machine: string;
  readonly memoryMiB?: number;
  readonly pool?: string;
}

/** Status of a stack's cluster. */
export interface ClusterStatus {
  readonly stack: string;
  readonly cluster: string;
  readonly nodes: readonly NodeStatus[];
  /** Number of simulated nodes by pool, of the last `up`. */
  readonly simulatedNodes: Readonly<Record<string, number>>;
  readonly apiServer: {
    readonly endpoint?: string;
    readonly isReady: boolean;
    /** Why it is not ready. */
    readonly problem?: string;
  };
  /** End of the administrator's certificate, which ends with those of the control plane. */
  readonly certificates?: { readonly end: string; readonly days: number };
  readonly lastRun?: {
    readonly name: string;
    readonly command: string;
    readonly outcome: string;
    readonly start: string;
  };
  /** Context in the user's kubeconfig. */
  readonly context?: FoundContext;
  /** Differences from a cluster in order, each with a fix. */
  readonly hints: readonly string[];
}
