// Kubernetes resources as the tests read them: the parts of each kind that must fit together, typed. Whether the rest
// is well-formed is for the schemas of Kubernetes to say (rendered.test.ts).
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';

const resource = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string() }).optional(),
});
export type Resource = z.infer<typeof resource>;

const labels = z.record(z.string(), z.string());
const selector = z.object({ matchLabels: labels });
const probe = z.object({
  httpGet: z.object({ path: z.string(), port: z.string() }),
  periodSeconds: z.number(),
  timeoutSeconds: z.number().optional(),
  failureThreshold: z.number(),
});
const variable = z.object({
  name: z.string(),
  value: z.string().optional(),
  valueFrom: z.object({ secretKeyRef: z.object({ name: z.string(), key: z.string() }) }).optional(),
});
const container = z.looseObject({
  image: z.string(),
  args: z.array(z.string()),
  env: z.array(variable).default([]),
  ports: z.array(z.object({ name: z.string(), containerPort: z.number() })),
  startupProbe: probe,
  readinessProbe: probe,
  livenessProbe: probe,
  lifecycle: z.object({ preStop: z.object({ sleep: z.object({ seconds: z.number() }) }) }).optional(),
  securityContext: z.unknown(),
  volumeMounts: z.array(z.object({ name: z.string(), mountPath: z.string(), readOnly: z.boolean() })),
});

/** What the tests read of the kinds that deploy/ has. */
export const KINDS = {
  Deployment: z.looseObject({
    metadata: z.looseObject({ name: z.string() }),
    spec: z.looseObject({
      replicas: z.number().optional(),
      selector,
      template: z.object({
        metadata: z.object({ labels, annotations: labels.optional() }),
        spec: z.looseObject({
          terminationGracePeriodSeconds: z.number(),
          automountServiceAccountToken: z.boolean(),
          securityContext: z.unknown(),
          topologySpreadConstraints: z.array(z.looseObject({ topologyKey: z.string(), labelSelector: selector })),
          containers: z.tuple([container]),
          volumes: z.array(z.object({ name: z.string(), configMap: z.object({ name: z.string() }) })),
        }),
      }),
    }),
  }),
  Service: z.looseObject({
    spec: z.looseObject({
      selector: labels,
      ports: z.array(z.object({ name: z.string(), port: z.number(), targetPort: z.string() })),
    }),
  }),
  ConfigMap: z.looseObject({ metadata: z.looseObject({ name: z.string() }), data: labels }),
  Secret: z.looseObject({ metadata: z.looseObject({ name: z.string() }), stringData: labels }),
  HorizontalPodAutoscaler: z.looseObject({
    spec: z.looseObject({
      scaleTargetRef: z.object({ apiVersion: z.string(), kind: z.string(), name: z.string() }),
      minReplicas: z.number(),
      maxReplicas: z.number(),
    }),
  }),
  PodDisruptionBudget: z.looseObject({ spec: z.object({ maxUnavailable: z.number(), selector }) }),
  NetworkPolicy: z.looseObject({ spec: z.looseObject({ podSelector: selector }) }),
  ServiceMonitor: z.looseObject({ spec: z.looseObject({ selector, endpoints: z.array(z.unknown()) }) }),
};
type Kind = keyof typeof KINDS;
export type Read<K extends Kind> = z.infer<(typeof KINDS)[K]>;

/** Every document of a YAML text; throws on YAML that is not well-formed or is no resource. */
export function resourcesOf(text: string): Resource[] {
  return parseAllDocuments(text).flatMap((document) => {
    const [problem] = document.errors;
    if (problem !== undefined) throw problem;
    const value: unknown = document.toJS();
    return value === null ? [] : [resource.parse(value)];
  });
}

/** The one resource of this kind, if there is one; throws when there are several or when it is of another shape. */
export function findKind<K extends Kind>(resources: readonly Resource[], kind: K): Read<K> | undefined {
  const [found, ...others] = resources.filter((candidate) => candidate.kind === kind);
  if (others.length > 0) throw new Error(`more than one ${kind}`);
  return found === undefined ? undefined : (KINDS[kind].parse(found) as Read<K>);
}

/** As `findKind`, for a kind that must be there. */
export function theKind<K extends Kind>(resources: readonly Resource[], kind: K): Read<K> {
  const found = findKind(resources, kind);
  if (found === undefined) throw new Error(`no ${kind}`);
  return found;
}
