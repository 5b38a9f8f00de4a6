import { describe, expect, it } from 'vitest';
import { adminAccess, type AdminCaller } from './admin-access.ts';
import type { AuthVerdict } from './auth.ts';

const ADMIN: AuthVerdict = { kind: 'admin' };
const ANONYMOUS: AuthVerdict = { kind: 'anonymous' };
const REJECTED: AuthVerdict = { kind: 'rejected', status: 401, message: '', type: 'auth_error' };

function caller(more: Partial<AdminCaller> = {}): AdminCaller {
  const headers = { host: 'gateway.example:4000', ...more.headers };
  return { verdict: ANONYMOUS, masterKeyIsStrong: true, peer: '10.0.0.9', ...more, headers };
}

describe('from another machine', () => {
  it.each([
    [ADMIN, true, 'granted'],
    [ADMIN, false, 'weak-key'],
    [ANONYMOUS, false, 'weak-key'],
    [REJECTED, true, 'no-key'],
    [REJECTED, false, 'no-key'],
  ] as const)('%o with a strong key (%s): %s', (verdict, masterKeyIsStrong, access) => {
    expect(adminAccess(caller({ verdict, masterKeyIsStrong }))).toBe(access);
  });
});

describe('from this machine', () => {
  it.each([
    ['127.0.0.1', 'localhost:4000'],
    ['127.8.0.1', '127.0.0.1'],
    ['::ffff:127.0.0.1', 'LOCALHOST'],
    ['::1', '[::1]:4000'],
  ])('%s asking %s needs no key', (peer, host) => {
    expect(adminAccess(caller({ peer, headers: { host }, verdict: REJECTED }))).toBe('granted');
  });

  it.each([
    ['a name of another site that points here', { host: 'evil.example:4000' }],
    ['no host', { host: undefined }],
    ['a page of another site', { host: 'localhost:4000', origin: 'http://evil.example' }],
    ['a page of another port', { host: 'localhost:4000', origin: 'http://localhost:8000' }],
    ['a proxy', { host: 'localhost:4000', 'x-forwarded-for': '1.2.3.4' }],
    ['a proxy that says so', { host: 'localhost:4000', via: '1.1 nginx' }],
    ['a proxy by the standard', { host: 'localhost:4000', forwarded: 'for=1.2.3.4' }],
    ['a proxy with one address', { host: 'localhost:4000', 'x-real-ip': '1.2.3.4' }],
  ])('%s needs one all the same', (_, headers) => {
    expect(adminAccess(caller({ peer: '127.0.0.1', headers, verdict: REJECTED }))).toBe('no-key');
  });

  it.each(['http://localhost:4000', 'https://localhost:4000'])('its own page at %s needs none', (origin) => {
    const headers = { host: 'localhost:4000', origin };
    expect(adminAccess(caller({ peer: '127.0.0.1', headers }))).toBe('granted');
  });
});

it.each(['128.0.0.1', '::ffff:10.127.0.1', '10.127.0.1', undefined])('%s is another machine', (peer) => {
  expect(adminAccess(caller({ peer, headers: { host: 'localhost' } }))).toBe('weak-key');
});
