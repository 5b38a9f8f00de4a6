// Certificates for tests, made with the openssl command because Node can sign none: an authority, a server and a client.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Paths of PEM files; keys without a passphrase. */
export interface Certificates {
  readonly authority: string;
  /** For 127.0.0.1 and localhost, signed by the authority. */
  readonly server: string;
  readonly serverKey: string;
  /** Signed by the authority, for a client named `gateway`. */
  readonly client: string;
  readonly clientKey: string;
  /** Another authority, which signed nothing. */
  readonly stranger: string;
  remove(): void;
}

const DAYS = '2';
const NEW_KEY = ['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

/** `undefined` where there is no openssl: tests that need them are skipped, and say so. */
export function makeCertificates(): Certificates | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'loadstone-certificates-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  const path = (name: string): string => join(folder, name);
  try {
    selfSigned(path, 'authority');
    selfSigned(path, 'stranger');
    signed(path, 'server', 'subjectAltName=IP:127.0.0.1,DNS:localhost');
    signed(path, 'gateway', 'extendedKeyUsage=clientAuth');
  } catch (error) {
    remove();
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  return {
    authority: path('authority.pem'),
    server: path('server.pem'),
    serverKey: path('server.key'),
    client: path('gateway.pem'),
    clientKey: path('gateway.key'),
    stranger: path('stranger.pem'),
    remove,
  };
}

type PathOf = (name: string) => string;

function openssl(args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: 'pipe' });
}

function selfSigned(path: PathOf, name: string): void {
  const files = ['-keyout', path(`${name}.key`), '-out', path(`${name}.pem`)];
  openssl([...NEW_KEY, '-x509', '-subj', `/CN=${name}`, '-days', DAYS, ...files]);
}

function signed(path: PathOf, name: string, extension: string): void {
  openssl([...NEW_KEY, '-subj', `/CN=${name}`, '-keyout', path(`${name}.key`), '-out', path(`${name}.csr`)]);
  writeFileSync(path(`${name}.ext`), extension);
  const authority = ['-CA', path('authority.pem'), '-CAkey', path('authority.key'), '-CAcreateserial'];
  const files = ['-in', path(`${name}.csr`), '-out', path(`${name}.pem`), '-extfile', path(`${name}.ext`)];
  openssl(['x509', '-req', ...files, ...authority, '-days', DAYS]);
}
