// What the config says about TLS to one deployment, and the files behind it. Separate from connections because files are
// read once, at the start, where a missing one can still be told to whoever starts the gateway.
import { existsSync, readFileSync } from 'node:fs';
import type { ConfiguredDeployment, GatewayConfig } from '../config/types.ts';

/** Equal profiles share connections. */
export interface TlsProfile {
  /** `true` = verify with Node's roots, `false` = do not verify, a path = verify with the CAs in that PEM file only. */
  readonly verify: boolean | string;
  /** PEM file with the client certificate (and, without `clientKey`, its key). */
  readonly clientCertificate: string | undefined;
  readonly clientKey: string | undefined;
}

/** A profile with its files read, as `node:tls` takes it. */
export interface TlsOptions {
  readonly rejectUnauthorized: boolean;
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

/**
 * The deployment's `ssl_verify`, then the global one; where it says no more than "verify", `SSL_CERT_FILE` names the
 * CAs, and is passed over when there is no such file, as in LiteLLM.
 */
export function tlsProfile({ spec }: ConfiguredDeployment, config: GatewayConfig): TlsProfile {
  const { params } = spec;
  const verify = verifyOf(params['ssl_verify']) ?? config.litellm.sslVerify;
  const certFile = config.environment['SSL_CERT_FILE'];
  const isNamed = certFile !== undefined && certFile !== '' && existsSync(certFile);
  return {
    verify: verify === true && isNamed ? certFile : verify,
    clientCertificate: textOf(params['ssl_certificate']) ?? config.litellm.sslCertificate,
    clientKey: textOf(params['ssl_key']),
  };
}

/** Reads the files of a profile. Throws an error that names the setting and the path. */
export function readTlsProfile(profile: TlsProfile): TlsOptions {
  const { verify, clientCertificate, clientKey } = profile;
  const keyFile = clientKey ?? clientCertificate;
  return {
    rejectUnauthorized: verify !== false,
    ...(typeof verify === 'string' ? { ca: read('ssl_verify', verify) } : {}),
    ...(clientCertificate === undefined ? {} : { cert: read('ssl_certificate', clientCertificate) }),
    ...(clientCertificate === undefined || keyFile === undefined ? {} : { key: read('ssl_key', keyFile) }),
  };
}

function read(setting: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    throw new Error(`${setting} names ${path}, which cannot be read (${code})`, { cause: error });
  }
}

function verifyOf(value: unknown): boolean | string | undefined {
  if (typeof value === 'boolean') return value;
  const text = textOf(value);
  const word = text?.toLowerCase();
  return word === 'true' ? true : word === 'false' ? false : text;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
