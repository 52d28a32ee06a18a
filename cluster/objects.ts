import { Chart, Testing, Yaml } from 'cdk8s';

/**
 * The objects of a chart, read back from its YAML, because that is what a user applies.
 */
export function toObjects(chart: Chart): any[] {
  return Yaml.load(Yaml.tmp(Testing.synth(chart)));
}

export function statefulSet(objects: any[]): any {
  return objects.find(object => object.kind === 'StatefulSet');
}
