import { counterChange, type ScrapePair } from "./series.ts";

/**
 * Returns the seconds that requests of a process waited in its own client limit, summed over all requests.
 *
 * Requests wait at the same time, so the sum can be longer than the window. It is 0 where the process made requests and
 * has no limit: client-go writes `rest_client_rate_limiter_duration_seconds` only with one. It is undefined where the
 * process has no metrics of client-go, or started again in between.
 */
export function rateLimiterSeconds(pair: ScrapePair): number | undefined {
  if (pair.after.samples.has("rest_client_rate_limiter_duration_seconds_sum")) {
    return counterChange(pair, "rest_client_rate_limiter_duration_seconds_sum");
  }
  return counterChange(pair, "rest_client_requests_total") === undefined ? undefined : 0;
}
