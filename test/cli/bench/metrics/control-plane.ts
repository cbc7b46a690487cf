import type { Scrape } from "../../../../cli/bench/run/repetition.ts";
import { scrapes } from "./repetitions.ts";

/** Figures that a control plane counted in the window. */
export interface Counted {
  readonly rateLimiterSeconds?: number;
  readonly flowControlSeconds?: number;
  readonly rejected?: number;
  readonly cancelled?: number;
  /** Ended watches of pods, nodes and leases. @default the API server never ended one, and has no counter */
  readonly endedWatches?: readonly [number, number, number];
  /** Fsyncs of at most 1 ms, 8 ms and 64 ms. */
  readonly fsyncs?: readonly [number, number, number];
}

/** Returns the scrapes of a scheduler, an API server and etcd that counted these figures, 1000 requests and 4 pods. */
export function controlPlane(counted: Counted = {}): readonly Scrape[] {
  const { rateLimiterSeconds = 0, flowControlSeconds = 0, rejected = 0, cancelled = 0 } = counted;
  const [fast, middle, slow] = counted.fsyncs ?? [100, 100, 100];
  const flowControl = 'priority_level="workload-high",flow_schema="kube-scheduler"';
  return [
    ...scrapes("kube-scheduler", scheduler(1, 0), scheduler(5, rateLimiterSeconds)),
    ...scrapes(
      "kube-apiserver",
      apiServer(500, "", 7),
      apiServer(1500, flowControl, 7 + flowControlSeconds) + refusals() + ended(),
    ),
    ...scrapes("etcd", etcd(0, 0, 0), etcd(fast, middle, slow)),
  ];

  function ended(): string {
    if (counted.endedWatches === undefined) return "";
    const [pods, nodes, leases] = counted.endedWatches;
    return `# TYPE apiserver_terminated_watchers_total counter
apiserver_terminated_watchers_total{group="",resource="nodes"} ${nodes}
apiserver_terminated_watchers_total{group="",resource="pods"} ${pods}
apiserver_terminated_watchers_total{group="coordination.k8s.io",resource="leases"} ${leases}
`;
  }

  function refusals(): string {
    if (rejected + cancelled === 0) return "";
    return `# TYPE apiserver_flowcontrol_rejected_requests_total counter
apiserver_flowcontrol_rejected_requests_total{${flowControl},reason="queue-full"} ${rejected}
apiserver_flowcontrol_rejected_requests_total{${flowControl},reason="cancelled"} ${cancelled}
`;
  }
}

/** Each of its pods took 2 attempts of 3 ms, and one attempt of 1 ms found no node. */
function scheduler(pods: number, rateLimiterSeconds: number): string {
  return `# HELP scheduler_pod_scheduling_attempts [STABLE] Number of attempts to successfully schedule a pod.
# TYPE scheduler_pod_scheduling_attempts histogram
scheduler_pod_scheduling_attempts_bucket{le="1"} 0
scheduler_pod_scheduling_attempts_bucket{le="2"} ${pods}
scheduler_pod_scheduling_attempts_bucket{le="+Inf"} ${pods}
scheduler_pod_scheduling_attempts_sum ${pods * 2}
scheduler_pod_scheduling_attempts_count ${pods}
# TYPE scheduler_scheduling_attempt_duration_seconds histogram
scheduler_scheduling_attempt_duration_seconds_bucket{profile="default-scheduler",result="scheduled",le="0.004"} ${pods}
scheduler_scheduling_attempt_duration_seconds_bucket{profile="default-scheduler",result="scheduled",le="+Inf"} ${pods}
scheduler_scheduling_attempt_duration_seconds_sum{profile="default-scheduler",result="scheduled"} ${pods * 0.003}
scheduler_scheduling_attempt_duration_seconds_count{profile="default-scheduler",result="scheduled"} ${pods}
scheduler_scheduling_attempt_duration_seconds_bucket{profile="default-scheduler",result="unschedulable",le="0.004"} ${pods}
scheduler_scheduling_attempt_duration_seconds_bucket{profile="default-scheduler",result="unschedulable",le="+Inf"} ${pods}
scheduler_scheduling_attempt_duration_seconds_sum{profile="default-scheduler",result="unschedulable"} ${pods * 0.001}
scheduler_scheduling_attempt_duration_seconds_count{profile="default-scheduler",result="unschedulable"} ${pods}
# TYPE scheduler_schedule_attempts_total counter
scheduler_schedule_attempts_total{profile="default-scheduler",result="scheduled"} ${pods}
scheduler_schedule_attempts_total{profile="default-scheduler",result="unschedulable"} ${pods}
# TYPE scheduler_preemption_attempts_total counter
scheduler_preemption_attempts_total ${pods}
# TYPE scheduler_preemption_victims histogram
scheduler_preemption_victims_bucket{le="4"} ${pods}
scheduler_preemption_victims_bucket{le="+Inf"} ${pods}
scheduler_preemption_victims_sum ${pods * 3}
scheduler_preemption_victims_count ${pods}
# TYPE rest_client_rate_limiter_duration_seconds histogram
rest_client_rate_limiter_duration_seconds_bucket{host="[fd00::1]:6443",verb="POST",le="+Inf"} ${pods}
rest_client_rate_limiter_duration_seconds_sum{host="[fd00::1]:6443",verb="POST"} ${rateLimiterSeconds}
rest_client_rate_limiter_duration_seconds_count{host="[fd00::1]:6443",verb="POST"} ${pods}
# TYPE process_start_time_seconds gauge
process_start_time_seconds 1.7861e+09
`;
}

function apiServer(requests: number, labels: string, waited: number): string {
  const levels = labels === "" ? 'priority_level="workload-high",flow_schema="kube-scheduler"' : labels;
  return `# TYPE apiserver_request_total counter
apiserver_request_total{code="201",dry_run="",resource="pods",subresource="binding",verb="POST"} ${requests}
# TYPE apiserver_flowcontrol_request_wait_duration_seconds histogram
apiserver_flowcontrol_request_wait_duration_seconds_bucket{execute="true",${levels},le="+Inf"} ${requests}
apiserver_flowcontrol_request_wait_duration_seconds_sum{execute="true",${levels}} ${waited}
apiserver_flowcontrol_request_wait_duration_seconds_count{execute="true",${levels}} ${requests}
`;
}

function etcd(fast: number, middle: number, slow: number): string {
  return `# TYPE etcd_disk_wal_fsync_duration_seconds histogram
etcd_disk_wal_fsync_duration_seconds_bucket{le="0.001"} ${fast}
etcd_disk_wal_fsync_duration_seconds_bucket{le="0.008"} ${middle}
etcd_disk_wal_fsync_duration_seconds_bucket{le="0.064"} ${slow}
etcd_disk_wal_fsync_duration_seconds_bucket{le="+Inf"} ${slow}
etcd_disk_wal_fsync_duration_seconds_sum 1
etcd_disk_wal_fsync_duration_seconds_count ${slow}
`;
}
