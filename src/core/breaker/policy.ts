// The numbers of the breaker (DESIGN 5), and what a deployment and the router settings make of them.
import type { Deployment } from '../deployment.ts';
import type { RouterSettings } from '../routing-table.ts';
import type { Millis, Rng } from '../units.ts';

/** Opens at this many failures in a row. */
export const CONSECUTIVE_FAILURES = 5;
/** Opens above this share of failures, of at least so many attempts in 30 s. */
export const FAILURE_RATE = 0.5;
export const RATE_MINIMUM = 10;
/** Stay away this long after a 429 that names no time, or a deployment that is misconfigured. */
export const DEFAULT_COOLDOWN_MS: Millis = 5_000;
/** Quota and spend do not come back in seconds. */
export const QUOTA_OPEN_MS: Millis = 60_000;
/** After recovery the share of traffic grows from a tenth to all of it over this time. */
export const RAMP_MS: Millis = 20_000;
export const RAMP_START = 0.1;
/** A probe of which nobody reported the end is given up. Longer than the longest default timeout. */
export const PROBE_LEASE_MS: Millis = 900_000;

const FIRST_OPEN_MS: Millis = 1_000;
const LONGEST_OPEN_MS: Millis = 15_000;
const OPEN_JITTER = 0.2;

/** Settings that the breaker reads. */
export type BreakerSettings = Pick<RouterSettings, 'allowedFails' | 'cooldownMs' | 'disableCooldowns'>;

/** `cooldown_time` in force: the deployment's, else the router's; `undefined` = not configured, 0 = never open. */
export function cooldownOf(deployment: Deployment, settings: BreakerSettings): Millis | undefined {
  return deployment.cooldownMs ?? settings.cooldownMs;
}

/** `allowed_fails` in force: the deployment's, else the router's; `undefined` = the breaker's own triggers. */
export function allowedFailsOf(deployment: Deployment, settings: BreakerSettings): number | undefined {
  return deployment.allowedFails ?? settings.allowedFails;
}

/**
 * Never kept from traffic: cooldowns are off, a cooldown of 0, or a wildcard deployment, where one model's trouble is
 * not another's (LiteLLM never cools those).
 */
export function neverOpens(deployment: Deployment, settings: BreakerSettings): boolean {
  return settings.disableCooldowns || deployment.isWildcard || cooldownOf(deployment, settings) === 0;
}

/** 1 s doubling to 15 s with each opening, spread by 20 % either way. `openings` counts from 0. */
export function openTimeMs(openings: number, rng: Rng): Millis {
  const base = Math.min(LONGEST_OPEN_MS, FIRST_OPEN_MS * 2 ** Math.min(openings, 10));
  return base * (1 - OPEN_JITTER + 2 * OPEN_JITTER * rng());
}
