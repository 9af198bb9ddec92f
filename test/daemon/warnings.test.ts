import t from 'tap';
import { createWarnings } from '../../src/daemon/warnings.ts';

t.test('a warning stands until it is cleared, once per key', async (t) => {
  const warnings = createWarnings();

  warnings.set('disk', 'The disk is full');
  warnings.set('repo:/a', 'The repository /a is missing');
  warnings.set('disk', 'The disk is still full');
  t.same(warnings.list(), ['The disk is still full', 'The repository /a is missing']);

  warnings.clear('disk');
  warnings.clear('never set');
  t.same(warnings.list(), ['The repository /a is missing']);
});

t.test('a whole group is replaced at once and others are left alone', async (t) => {
  const warnings = createWarnings();
  warnings.set('repo:/a', 'a is missing');
  warnings.set('repo:/b', 'b is missing');
  warnings.set('token:admin', 'kept');

  warnings.replace(
    'repo:',
    new Map([
      ['repo:/b', 'b is gone'],
      ['repo:/c', 'c is missing'],
    ]),
  );

  t.same(warnings.list(), ['b is gone', 'kept', 'c is missing']);
});
