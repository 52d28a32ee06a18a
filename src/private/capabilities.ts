/** Capabilities that a container adds to what its runtime gives root, and takes from it. */
export interface Capabilities {
  readonly add?: string[];
  readonly drop?: string[];
}

/** As the manifest has them: a container gets what it adds, and nothing else unless it says what it drops. cdk8s-plus-27 writes CAP_X where Kubernetes wants X. */
export function toCapabilities(given?: Capabilities): Capabilities {
  const [add, drop] = [given?.add, given?.drop].map(names => names?.map(name => name.replace(/^CAP_/, '')));
  return { add, drop: drop ?? ['ALL'] };
}

/**
 * Whether root has a capability in a container. Runtimes give their defaults, take ALL away, add one by one, and drop one by one.
 *
 * @param name One of those that every runtime gives by default, such as KILL and SETUID.
 */
export function hasCapability({ add = [], drop = [] }: Capabilities, name: string): boolean {
  return (add.includes(name) || !drop.includes('ALL')) && !drop.includes(name);
}
