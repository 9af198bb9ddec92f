import t from 'tap';
import {
  assertGuarded,
  formatAddress,
  isLoopback,
  parseListenAddress,
} from '../../src/daemon/listen-address.ts';

t.test('an address is HOST:PORT, IPv6 in brackets, and is spelled back the same', (t) => {
  for (const text of ['127.0.0.1:7777', '[::1]:7777', 'localhost:0', '0.0.0.0:65535']) {
    const address = parseListenAddress(text);
    t.ok(address, text);
    if (address !== null) t.equal(formatAddress(address), text);
  }
  t.equal(parseListenAddress(''), null);
  t.end();
});

t.test('anything else is refused with the value and an example', (t) => {
  const bad = [
    '7777',
    ':7777',
    'example.org:80',
    '127.0.0.1:70000',
    '::1:80',
    '127.0.0.1:',
    '[::1]',
    'a b:1',
    '256.0.0.1:1',
  ];
  for (const text of bad)
    t.throws(
      () => parseListenAddress(text),
      { code: 'address_invalid', message: new RegExp(text.replace(/[[\]]/g, '.')) },
      text,
    );
  t.end();
});

t.test('no token is needed on loopback alone, and only when asked for', (t) => {
  const loopback = { host: '127.0.0.1', port: 1 };
  const open = { host: '0.0.0.0', port: 1 };
  t.throws(() => assertGuarded(open, 'none', true), { code: 'address_invalid' });
  t.throws(() => assertGuarded(loopback, 'bearer', false), { code: 'address_invalid' });
  t.throws(() => assertGuarded(open, 'bearer', false), { code: 'address_invalid' });
  assertGuarded(loopback, 'none', false);
  assertGuarded(open, 'bearer', true);
  t.same(['127.9.9.9', '::1', 'localhost', '0.0.0.0', '::', '10.0.0.1'].map(isLoopback), [
    true,
    true,
    true,
    false,
    false,
    false,
  ]);
  t.end();
});
