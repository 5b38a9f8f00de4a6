// The control plane, loaded by the first request that needs it: its framework takes longer to load than everything else
// together, and a gateway that has just started should answer inference first.
import type { ControlPlane, ControlPlaneOptions } from './control-plane.ts';

export interface LazyControlPlane extends ControlPlane {
  /** Its routes and its background checks follow the config: after a reload the next request makes it anew. */
  renew(): void;
  /** Loads it, if it is not. */
  warm(): Promise<void>;
}

export function lazyControlPlane(options: ControlPlaneOptions): LazyControlPlane {
  let loading: Promise<ControlPlane> | undefined;
  const load = (): Promise<ControlPlane> => {
    loading ??= import('./control-plane.ts').then(({ createControlPlane }) => createControlPlane(options));
    return loading;
  };
  const close = async (): Promise<void> => {
    const loaded = loading;
    loading = undefined;
    if (loaded !== undefined) await (await loaded).close();
  };
  // Health checks that steer traffic are not to wait for somebody to look.
  const warmIfNeeded = (): void => {
    if (options.context().runtime.config.table.settings.healthRouting !== undefined) load().catch(() => undefined);
  };
  warmIfNeeded();
  return {
    handle: (request, response) => {
      load().then(
        (plane) => plane.handle(request, response),
        (error: unknown) => response.destroy(error instanceof Error ? error : undefined),
      );
    },
    close,
    renew: () => {
      void close();
      warmIfNeeded();
    },
    warm: async () => void (await load()),
  };
}
