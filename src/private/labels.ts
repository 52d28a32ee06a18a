import { ApiObjectMetadataDefinition } from 'cdk8s';

/**
 * The labels by which tools know what belongs together. They are never part of a selector, so anyone may change them.
 *
 * @see https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/
 */
export function recommendedLabels(id: string, name: string): { [key: string]: string } {
  return {
    'app.kubernetes.io/name': id.replace(/[^-A-Za-z0-9_.]/g, '').replace(/^[-_.]+/, '').slice(0, 63).replace(/[-_.]+$/, ''),
    'app.kubernetes.io/instance': name,
    'app.kubernetes.io/managed-by': 'cdk8s',
  };
}

/** Those of the recommended labels as an object has them by now, the user's or the chart's instead where there are such. */
export function labelsOf(metadata: ApiObjectMetadataDefinition): { [key: string]: string } {
  return Object.fromEntries(Object.keys(recommendedLabels('', '')).map(key => [key, metadata.getLabel(key)!]));
}

/** The same for what several workloads share. */
export const SHARED_LABELS = { 'app.kubernetes.io/name': 'cdk8s-sync-async', 'app.kubernetes.io/managed-by': 'cdk8s' };

/** Adds labels, but leaves what is there. */
export function addMissingLabels(metadata: ApiObjectMetadataDefinition, labels: { [key: string]: string }): void {
  for (const [key, value] of Object.entries(labels)) {
    if (metadata.getLabel(key) === undefined) {
      metadata.addLabel(key, value);
    }
  }
}
