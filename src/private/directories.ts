/** Where the scripts' ConfigMap is mounted. */
export const SCRIPT_DIR = '/etc/sync-async/script';

/** Where the values' ConfigMap is mounted, as a directory: a file of its own, a subPath, would never change. */
export const VALUES_DIR = '/etc/sync-async/values';

/** Where the role label's program finds how to ask the API server. */
export const API_DIR = '/etc/sync-async/api';

/** Where the entrypoint keeps its copy of itself and its state. */
export const RUN_DIR = '/run/sync-async';

/** What no other mount may cover. In many images /var/run is /run. */
export const OWN_DIRS = ['/etc/sync-async', RUN_DIR, `/var${RUN_DIR}`];
