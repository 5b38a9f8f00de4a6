import { expect, test } from 'vitest';
import { inferenceRoute, resourceRoute } from '../routes.ts';
import { docsPage } from './docs-page.ts';
import { inferenceDescriptions } from './inference-routes.ts';
import { managementRoutes } from './management-routes.ts';
import { openApi } from './openapi.ts';

const API = openApi({ version: '9.9.9', control: managementRoutes(), inference: inferenceDescriptions() });
const OPERATIONS = Object.entries(API.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);

test('every inference route that is described is served', () => {
  const served = inferenceDescriptions();
  expect(served.length).toBeGreaterThan(30);
  for (const { method, path } of served) {
    const url = path.replaceAll(/\{\w+\}/g, 'x');
    const found =
      method === 'POST' ? (inferenceRoute(url) ?? resourceRoute(method, url, '')) : resourceRoute(method, url, '');
    expect(found, `${method} ${path}`).toBeDefined();
  }
});

test('every operation has an id of its own', () => {
  const ids = OPERATIONS.map(({ operation }) => operation['operationId']);
  expect(new Set(ids).size).toBe(ids.length);
});

test('parameters of a path are declared', () => {
  for (const { path, operation } of OPERATIONS) {
    const declared = (operation['parameters'] as { name: string; in: string }[]).filter((one) => one.in === 'path');
    expect(declared.map(({ name }) => `{${name}}`)).toEqual(path.match(/\{\w+\}/g) ?? []);
  }
});

test('the page names every path and asks no other host for anything', () => {
  const html = docsPage(API);
  for (const { path } of OPERATIONS) expect(html).toContain(`<code>${path}</code>`);
  expect(html).not.toMatch(/<script|<link|src=|https?:/);
});

test('the page escapes what it shows', () => {
  const control = [{ method: 'GET', path: '/<b>', summary: '"&"', tag: 'gateway' }] as const;
  const html = docsPage(openApi({ version: '<i>', control, inference: [] }));
  expect(html).toContain('/&#60;b&#62;');
  expect(html).toContain('&#34;&#38;&#34;');
  expect(html).not.toContain('<i>');
});
