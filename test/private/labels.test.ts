import { Chart, Testing } from 'cdk8s';
import { SyncAsyncStatefulSet } from 'cdk8s-sync-async';
import { recommendedLabels } from '../../src/private/labels';
import { manifest, rendered, small, SMALL } from '../manifest';

/** The objects of the set alone. */
const own = (set: SyncAsyncStatefulSet) => manifest(Chart.of(set)).filter(object => !object.data?.['entrypoint.sh']);

const RECOMMENDED = { 'app.kubernetes.io/name': 'ocr', 'app.kubernetes.io/instance': 'test-ocr-c8ea0272', 'app.kubernetes.io/managed-by': 'cdk8s' };

test('every object of a set and the pods carry the recommended labels', () => {
  const set = small();
  const objects = own(set);

  expect(objects.map(object => object.kind).sort()).toEqual(['ConfigMap', 'Service', 'StatefulSet']);
  objects.forEach(object => expect(object.metadata.labels).toEqual(RECOMMENDED));
  expect(rendered(set).spec.template.metadata.labels).toMatchObject(RECOMMENDED);
});

test('no selector has them', () => {
  const set = small();

  expect(Object.keys(rendered(set).spec.selector.matchLabels)).toEqual(['cdk8s.io/metadata.addr']);
  expect(Object.keys(rendered(set, 'Service').spec.selector)).toEqual(['cdk8s.io/metadata.addr']);
});

test('labels of the user win, everywhere', () => {
  const set = small({ metadata: { labels: { 'app.kubernetes.io/name': 'mine', 'team': 'vision' } } });

  own(set).forEach(object => expect(object.metadata.labels).toMatchObject({ ...RECOMMENDED, 'app.kubernetes.io/name': 'mine' }));
  expect(rendered(set).metadata.labels.team).toBe('vision');
  expect(rendered(set).spec.template.metadata.labels['app.kubernetes.io/name']).toBe('mine');
});

test('labels of the chart win, in the pods too', () => {
  const set = small({}, new Chart(Testing.app(), 'test', { labels: { 'app.kubernetes.io/managed-by': 'argo' } }));

  manifest(Chart.of(set)).forEach(object => expect(object.metadata.labels['app.kubernetes.io/managed-by']).toBe('argo'));
  expect(rendered(set).spec.template.metadata.labels['app.kubernetes.io/managed-by']).toBe('argo');
});

test('labels of the pods win there', () => {
  const set = small({ podMetadata: { labels: { 'app.kubernetes.io/name': 'pod' } } });

  expect(rendered(set).spec.template.metadata.labels['app.kubernetes.io/name']).toBe('pod');
  expect(rendered(set).metadata.labels['app.kubernetes.io/name']).toBe('ocr');
});

test.each([
  ['My Service', 'MyService'], ['--a--', 'a'], ['x'.repeat(62) + '-y', 'x'.repeat(62)], ['ö', ''],
])('an id that is no label, %p, becomes one', (id, label) => {
  expect(recommendedLabels(id, 'n')['app.kubernetes.io/name']).toBe(label);
});

test('a set may be called anything', () => {
  const chart = Testing.chart();
  new SyncAsyncStatefulSet(chart, 'My OCR, v2!', SMALL);

  expect(manifest(chart)[0].metadata.labels['app.kubernetes.io/name']).toBe('MyOCRv2');
});
