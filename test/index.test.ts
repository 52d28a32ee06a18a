import * as library from 'cdk8s-sync-async';

test('only what users need is public', () => {
  expect(Object.keys(library).sort()).toEqual([
    'Check', 'ForwardSignal', 'Gpu', 'QueueTrigger', 'Restart', 'RoleDeployment', 'Rollout', 'Split', 'SplitMove', 'StopSignal',
    'SyncAsyncDeployments', 'SyncAsyncStatefulSet', 'TriggerAuthenticationKind', 'VolumeClaimRetention', 'Weekday',
  ]);
});
