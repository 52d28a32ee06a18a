import { Duration } from 'cdk8s';
import { Gpu, Rollout, Split } from 'cdk8s-sync-async';

/** What differs between the environments. Everything else is the same in all, and stands in chart.ts. */
export interface Environment {
  readonly namespace: string;
  readonly model: string;
  readonly gpu: Gpu;
  /** Number of pods, or the range in which an autoscaler chooses one. */
  readonly pods: number | { readonly min: number; readonly max: number };
  readonly split: Split;
  /** Which pods a new template reaches. */
  readonly rollout: Rollout;
  readonly longestJob: Duration;
}

export type EnvironmentName = 'dev' | 'staging' | 'production';

/** What is not in this repository, and the pipeline says in variables. */
export interface Live {
  /** The number that is in the cluster. */
  readonly SYNC_INSTANCE?: string;
  /** `yes` when the new template is good, and all pods are to have it. */
  readonly PROMOTE?: string;
}

/** One of each role, and no GPU. */
function dev(): Environment {
  return {
    namespace: 'ocr-dev',
    model: 'ocr-small',
    gpu: Gpu.none(),
    pods: 2,
    split: Split.count(1),
    rollout: Rollout.toAll(),
    longestJob: Duration.minutes(1),
  };
}

/**
 * Load tests are run here, and whoever runs one moves the split: the number of the cluster goes before the one here. A new template reaches workers first, and the synchronous pods when it is
 * promoted.
 */
function staging(live: Live): Environment {
  return {
    namespace: 'ocr-staging',
    model: 'ocr-large',
    gpu: Gpu.mig('1g.10gb'),
    pods: 4,
    split: Split.count(Number(live.SYNC_INSTANCE || 2)),
    rollout: live.PROMOTE === 'yes' ? Rollout.toAll() : Rollout.asyncFirst(),
    longestJob: Duration.minutes(5),
  };
}

/** As many pods as there is work, two of every five synchronous. */
function production(): Environment {
  return {
    namespace: 'ocr-production',
    model: 'ocr-large',
    gpu: Gpu.nvidia(1, { nodeSelector: { 'nvidia.com/gpu.product': 'NVIDIA-L4' } }),
    pods: { min: 5, max: 20 },
    split: Split.share(2, 5),
    rollout: Rollout.toAll(),
    longestJob: Duration.minutes(5),
  };
}

export const ENVIRONMENTS: Record<EnvironmentName, (live: Live) => Environment> = { dev, staging, production };
