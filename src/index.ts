export { type AsyncScalerOptions } from './async-scaler';
export { Check } from './check';
export { type DeploymentBudgetOptions } from './deployment-budget';
export { type DisruptionBudgetOptions } from './disruption-budget';
export { Gpu, type GpuOptions } from './gpu';
export { type ProbeTiming } from './probe-timing';
export { ForwardSignal, type ProcessProps, Restart, StopSignal } from './process';
export {
  type KafkaTriggerOptions, type PrometheusTriggerOptions, QueueTrigger, type QueueTriggerOptions, type RabbitmqTriggerOptions,
  type RedisTriggerOptions, type SqsTriggerOptions, TriggerAuthenticationKind, type TriggerAuthenticationRef,
} from './queue-trigger';
export { type RoleProps } from './role';
export { RoleDeployment } from './role-deployment';
export { type RoleLabelOptions } from './role-label';
export { Rollout, type RolloutOptions } from './rollout';
export { type ScheduleWindow, type SplitScheduleOptions, Weekday } from './schedule';
export { Split, type SplitBetweenOptions, type SplitCountOptions, SplitMove } from './split';
export { SyncAsyncDeployments } from './sync-async-deployments';
export { type RoleDeploymentOptions, type SyncAsyncDeploymentsProps } from './sync-async-deployments-props';
export { SyncAsyncStatefulSet } from './sync-async-stateful-set';
export { type SyncAsyncStatefulSetProps } from './sync-async-stateful-set-props';
export { type SyncAsyncWorkloadProps } from './sync-async-workload-props';
export { type SyncServiceOptions } from './sync-service';
export { type VolumeClaimProps, VolumeClaimRetention, type VolumeClaimRetentionPolicy } from './volume-claim';
