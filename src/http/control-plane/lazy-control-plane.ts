// The control plane, loaded by the first request that needs it: its framework takes longer to load than everything else
// together, and a gateway that has just started should answer inference first.
import type { ControlPlane, ControlPlaneOptions } from './control-plane.ts';

export function lazyControlPlane(options: ControlPlaneOptions): ControlPlane {
  let loading: Promise<ControlPlane> | undefined;
  const load = (): Promise<ControlPlane> => {
    loading ??= import('./control-plane.ts').then(({ createControlPlane }) => createControlPlane(options));
    return loading;
  };
  // Health checks that steer traffic are not to wait for somebody to look.
  if (options.context().runtime.config.table.settings.healthRouting !== undefined) load().catch(() => undefined);
  return {
    handle: (request, response) => {
      load().then(
        (plane) => plane.handle(request, response),
        (error: unknown) => response.destroy(error instanceof Error ? error : undefined),
      );
    },
    close: async () => {
      if (loading !== undefined) await (await loading).close();
    },
  };
}
