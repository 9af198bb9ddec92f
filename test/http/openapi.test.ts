import t from 'tap';
import { errorCodes, routes } from '../../src/contract/index.ts';
import { openApi } from '../../src/http/index.ts';

type Operation = {
  operationId: string;
  responses: Record<string, unknown>;
  parameters: { name: string; in: string }[];
  requestBody?: { required: boolean };
};

t.test('every route, parameter and error of the contract is in the document', (t) => {
  const document = openApi('1.2.3') as {
    openapi: string;
    paths: Record<string, Record<string, Operation>>;
    components: { schemas: Record<string, unknown> };
  };

  t.equal(document.openapi, '3.1.0');
  for (const route of Object.values(routes)) {
    const operation = document.paths[route.path]?.[route.method.toLowerCase()];
    t.equal(operation?.operationId, route.id);
    t.ok(operation?.responses[route.status], `${route.id} ${route.status}`);
    for (const code of route.errors)
      t.ok(operation?.responses[errorCodes[code].status], `${route.id} ${code}`);
  }
  const listRuns = document.paths['/v1/runs']?.get;
  t.strictSame(listRuns?.parameters.map(({ name }) => name).sort(), [
    'cursor',
    'limit',
    'repo',
    'session',
    'status',
  ]);
  t.match(document.paths['/v1/runs/{run}']?.get?.parameters, [{ name: 'run', in: 'path', required: true }]);
  const bodyOf = (path: string) => document.paths[path]?.post?.requestBody;
  t.match(bodyOf('/v1/runs'), { required: true });
  t.match(bodyOf('/v1/runs/{run}/retry'), { required: false }, 'one that may be left out');
  t.match(document.paths['/v1/runs']?.get?.parameters[0], { schema: { type: 'integer' } });
  for (const name of ['Run', 'Repo', 'Approval', 'Status', 'Problem', 'StartRun']) {
    t.ok(document.components.schemas[name], name);
  }
  t.end();
});

t.test('every reference leads somewhere', (t) => {
  const text = JSON.stringify(openApi('1.2.3'));
  const { components } = JSON.parse(text) as { components: { schemas: Record<string, unknown> } };

  for (const [, name = ''] of text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)) {
    t.ok(components.schemas[name], name);
  }
  t.notMatch(text, /\$defs|__schema/);
  t.end();
});
