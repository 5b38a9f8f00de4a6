// Prometheus metrics under LiteLLM's names (litellm-behaviour.md 10.11). The hot path only adds to plain numbers; text
// is made when somebody scrapes.
import type { GatewayListener } from '../gateway/events.ts';
import type { Runtime } from '../gateway/runtime.ts';

export class Metrics {
  readonly listener: GatewayListener;
  constructor(_runtime: Runtime) {
    this.listener = () => {};
  }
}
