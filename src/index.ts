export { Check } from './check';
export { Gpu, type GpuOptions } from './gpu';
export { type ProbeTiming } from './probe-timing';
export { ForwardSignal, type ProcessProps, Restart, StopSignal } from './process';
export { type RoleProps } from './role';
export { type ScheduleWindow, type SplitScheduleOptions, Weekday } from './schedule';
export { Split, type SplitBetweenOptions, type SplitCountOptions, SplitMove } from './split';
export { SyncAsyncStatefulSet } from './sync-async-stateful-set';
export { type SyncAsyncStatefulSetProps } from './sync-async-stateful-set-props';
