// The way from the gateway to its providers: whose certificates are trusted, what is shown to them, and which proxy
// stands in between. Real TLS and real tunnels on the loopback.
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startFakeProvider } from '../../src/fake-provider/fake-provider.ts';
import { makeCertificates } from '../support/certificates.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';

const made = makeCertificates();
if (made === undefined)
  process.stdout.write('skipped: TLS to providers needs the openssl command to make certificates\n');
/** Only read by tests that are skipped without them. */
const certificates = made ?? { authority: '', server: '', serverKey: '', client: '', clientKey: '', stranger: '' };
afterAll(() => made?.remove());

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((part) => part.close()));
});

interface Listening {
  readonly port: number;
}

async function listen(server: Server): Promise<Listening> {
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => sockets.delete(socket));
  });
  open.push({
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  });
  return { port: (server.address() as AddressInfo).port };
}

const ANSWER = JSON.stringify({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: 'over TLS' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 },
});

interface Upstream extends Listening {
  readonly url: string;
  /** Names in the client certificates that were shown, `''` where none was. */
  readonly shown: string[];
}

/** An HTTPS provider; with `wantsCertificate` it talks only to clients of the authority. */
async function tlsUpstream(wantsCertificate = false): Promise<Upstream> {
  const shown: string[] = [];
  const { server: cert, serverKey, authority } = certificates;
  const tls = { cert: readFileSync(cert), key: readFileSync(serverKey), ca: readFileSync(authority) };
  const asking = { requestCert: wantsCertificate, rejectUnauthorized: wantsCertificate };
  const server = createHttpsServer({ ...tls, ...asking }, (request, response) => {
    const peer = request.socket instanceof TLSSocket ? request.socket.getPeerCertificate() : undefined;
    shown.push(String(peer?.subject?.CN ?? ''));
    request.resume().on('end', () => response.setHeader('content-type', 'application/json').end(ANSWER));
  });
  const { port } = await listen(server);
  return { port, url: `https://127.0.0.1:${port}`, shown };
}

interface Entry {
  readonly id: string;
  readonly base: string;
  /** More of `litellm_params`. */
  readonly params?: Readonly<Record<string, unknown>>;
}

function entry({ id, base, params = {} }: Entry): string {
  const all = { model: 'openai/m', api_base: `${base}/v1`, api_key: 'sk-up', ...params };
  return `- {model_name: g, litellm_params: ${JSON.stringify(all)}, model_info: {id: ${id}}}`;
}

interface Setting {
  readonly entries: readonly string[];
  readonly further?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

async function gateway({ entries, further = [], env = {} }: Setting): Promise<TestGateway> {
  const lines = ['model_list:', ...entries, ...further, 'router_settings: {num_retries: 0}'];
  const started = await startGateway(lines.join('\n'), { env });
  open.push({ close: () => started.drain() });
  return started;
}

async function ask(url: string, body: Record<string, unknown> = {}): Promise<{ status: number; text: string }> {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'g', messages: [{ role: 'user', content: 'hello' }], ...body }),
  });
  return { status: response.status, text: await response.text() };
}

describe.skipIf(made === undefined)('trust', () => {
  interface TrustCase {
    readonly name: string;
    readonly isTrusted: boolean;
    readonly params?: Readonly<Record<string, unknown>>;
    readonly further?: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
  }
  const { authority, stranger } = certificates;
  const CASES: readonly TrustCase[] = [
    { name: 'an unknown authority is refused', isTrusted: false },
    { name: 'ssl_verify: false of the deployment', isTrusted: true, params: { ssl_verify: false } },
    { name: 'ssl_verify: "False" as text', isTrusted: true, params: { ssl_verify: 'False' } },
    { name: 'a CA file of the deployment', isTrusted: true, params: { ssl_verify: authority } },
    { name: 'the CA file of somebody else', isTrusted: false, params: { ssl_verify: stranger } },
    { name: 'ssl_verify: false of all', isTrusted: true, further: ['litellm_settings: {ssl_verify: false}'] },
    { name: 'a CA file for all', isTrusted: true, further: [`litellm_settings: {ssl_verify: ${authority}}`] },
    {
      name: 'the deployment beats the setting for all',
      isTrusted: false,
      params: { ssl_verify: true },
      further: ['litellm_settings: {ssl_verify: false}'],
    },
    { name: 'SSL_VERIFY=False', isTrusted: true, env: { SSL_VERIFY: 'False' } },
    { name: 'SSL_CERT_FILE', isTrusted: true, env: { SSL_CERT_FILE: authority } },
    {
      name: 'SSL_CERT_FILE in environment_variables',
      isTrusted: true,
      further: [`environment_variables: {SSL_CERT_FILE: ${authority}}`],
    },
    { name: 'SSL_CERT_FILE without such a file is passed over', isTrusted: false, env: { SSL_CERT_FILE: '/no/such' } },
    {
      name: 'a CA file beats SSL_CERT_FILE',
      isTrusted: false,
      params: { ssl_verify: stranger },
      env: { SSL_CERT_FILE: authority },
    },
  ];

  test.for(CASES)('$name (trusted: $isTrusted)', async ({ isTrusted, params = {}, further = [], env = {} }) => {
    const up = await tlsUpstream();
    const { url } = await gateway({ entries: [entry({ id: 'a', base: up.url, params })], further, env });
    const { status, text } = await ask(url);
    expect(up.shown).toHaveLength(isTrusted ? 1 : 0);
    if (isTrusted) expect(text).toContain('over TLS');
    else expect(text).toMatch(/SELF_SIGNED_CERT|UNABLE_TO_(VERIFY|GET_ISSUER)/);
    expect(status).toBe(isTrusted ? 200 : 500);
  });

  test('two deployments at one address have each their own trust', async () => {
    const up = await tlsUpstream();
    const { url } = await gateway({
      entries: [
        entry({ id: 'trusting', base: up.url, params: { ssl_verify: false } }),
        entry({ id: 'strict', base: up.url }).replace('model_name: g', 'model_name: strict'),
      ],
    });
    expect((await ask(url)).status).toBe(200);
    expect((await ask(url, { model: 'strict' })).status).toBe(500);
    expect((await ask(url)).status).toBe(200);
  });

  test('a file that is not there is told at the start, with setting and path', async () => {
    const entries = [entry({ id: 'a', base: 'https://127.0.0.1:1', params: { ssl_verify: '/no/such/ca.pem' } })];
    await expect(gateway({ entries })).rejects.toThrow(
      'ssl_verify names /no/such/ca.pem, which cannot be read (ENOENT)',
    );
  });
});

describe.skipIf(made === undefined)('client certificates', () => {
  const verify = { ssl_verify: certificates.authority };
  const own = { ssl_certificate: certificates.client, ssl_key: certificates.clientKey };

  test('a deployment shows its own', async () => {
    const up = await tlsUpstream(true);
    const { url } = await gateway({ entries: [entry({ id: 'a', base: up.url, params: { ...verify, ...own } })] });
    expect((await ask(url)).status).toBe(200);
    expect(up.shown).toEqual(['gateway']);
  });

  test('a deployment without one is turned away, and shows nobody else’s', async () => {
    const up = await tlsUpstream(true);
    const { url } = await gateway({
      entries: [
        entry({ id: 'with', base: up.url, params: { ...verify, ...own } }),
        entry({ id: 'without', base: up.url, params: verify }).replace('model_name: g', 'model_name: bare'),
      ],
    });
    expect((await ask(url)).status).toBe(200);
    expect((await ask(url, { model: 'bare' })).status).toBe(500);
    expect(up.shown).toEqual(['gateway']);
  });

  test('litellm_settings.ssl_certificate is shown by every deployment, with certificate and key in one file', async () => {
    const up = await tlsUpstream(true);
    const both = `${certificates.authority}.both.pem`;
    writeFileSync(both, readFileSync(certificates.client, 'utf8') + readFileSync(certificates.clientKey, 'utf8'));
    const { url } = await gateway({
      entries: [entry({ id: 'a', base: up.url, params: verify })],
      further: [`litellm_settings: {ssl_certificate: ${both}}`],
    });
    expect((await ask(url)).status).toBe(200);
    expect(up.shown).toEqual(['gateway']);
  });
});

interface Proxy extends Listening {
  readonly url: string;
  /** What it was asked for: `CONNECT host:port` or the absolute URL. */
  readonly asked: string[];
  readonly authorizations: (string | undefined)[];
}

/** What the metadata service of a machine in the cloud answers. */
const MACHINE_TOKEN = '{"access_token": "token-of-the-machine", "expires_in": "3600"}';

/** A proxy as companies have them: tunnels for https, forwarding for http. */
async function startProxy(answer: 'serves' | 'refuses' = 'serves'): Promise<Proxy> {
  const asked: string[] = [];
  const authorizations: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    asked.push(String(request.url));
    if (String(request.url).startsWith('http://169.254.169.254/')) response.end(MACHINE_TOKEN);
    else forward(request, response);
  });
  server.on('connect', (request: IncomingMessage, socket: Socket) => {
    asked.push(`CONNECT ${request.url}`);
    authorizations.push(request.headers['proxy-authorization']);
    if (answer === 'refuses') return void socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n');
    const [host, port] = String(request.url).split(':');
    const tunnel = connect(Number(port), host ?? '', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      tunnel.pipe(socket).pipe(tunnel);
    });
    for (const end of [socket, tunnel]) end.on('error', () => void (socket.destroy(), tunnel.destroy()));
  });
  const { port } = await listen(server);
  return { port, url: `http://127.0.0.1:${port}`, asked, authorizations };
}

function forward(request: IncomingMessage, response: ServerResponse): void {
  const { method, headers } = request;
  const onward = httpRequest(String(request.url), { method: method ?? 'GET', headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  request.pipe(onward);
}

describe('proxies', () => {
  let proxy: Proxy;
  beforeEach(async () => {
    proxy = await startProxy();
  });

  test.skipIf(made === undefined)('HTTPS_PROXY is a tunnel, with the trust of the deployment at its end', async () => {
    const up = await tlsUpstream();
    const entries = [
      entry({ id: 'a', base: up.url, params: { ssl_verify: certificates.authority } }),
      entry({ id: 'b', base: up.url }).replace('model_name: g', 'model_name: strict'),
    ];
    const { url } = await gateway({ entries, env: { HTTPS_PROXY: proxy.url } });
    expect((await ask(url)).text).toContain('over TLS');
    expect((await ask(url)).status).toBe(200);
    expect(proxy.asked).toEqual([`CONNECT 127.0.0.1:${up.port}`]);
    expect((await ask(url, { model: 'strict' })).status).toBe(500);
    expect(up.shown).toHaveLength(2);
  });

  test.skipIf(made === undefined)('a client certificate is shown to the provider through the tunnel', async () => {
    const up = await tlsUpstream(true);
    const { authority, client, clientKey } = certificates;
    const params = { ssl_verify: authority, ssl_certificate: client, ssl_key: clientKey };
    const { url } = await gateway({
      entries: [entry({ id: 'a', base: up.url, params })],
      env: { https_proxy: proxy.url },
    });
    expect((await ask(url)).status).toBe(200);
    expect(up.shown).toEqual(['gateway']);
  });

  test.skipIf(made === undefined)('name and password of the proxy go to the proxy and nowhere else', async () => {
    const up = await tlsUpstream();
    const env = { HTTPS_PROXY: `http://user:p%40ss@127.0.0.1:${proxy.port}` };
    const { url } = await gateway({ entries: [entry({ id: 'a', base: up.url, params: { ssl_verify: false } })], env });
    expect((await ask(url)).status).toBe(200);
    expect(proxy.authorizations).toEqual([`Basic ${Buffer.from('user:p@ss').toString('base64')}`]);
  });

  test.skipIf(made === undefined)('NO_PROXY names what is reached directly', async () => {
    const up = await tlsUpstream();
    const env = { HTTPS_PROXY: proxy.url, NO_PROXY: 'localhost,127.0.0.1' };
    const { url } = await gateway({ entries: [entry({ id: 'a', base: up.url, params: { ssl_verify: false } })], env });
    expect((await ask(url)).status).toBe(200);
    expect(proxy.asked).toEqual([]);
  });

  test.skipIf(made === undefined)('the variables may stand in the config', async () => {
    const up = await tlsUpstream();
    const further = [`environment_variables: {HTTPS_PROXY: "${proxy.url}"}`];
    const entries = [entry({ id: 'a', base: up.url, params: { ssl_verify: false } })];
    const { url } = await gateway({ entries, further });
    expect((await ask(url)).status).toBe(200);
    expect(proxy.asked).toHaveLength(1);
  });

  test('an http provider is not sent through HTTPS_PROXY, but through HTTP_PROXY', async () => {
    const up = await startFakeProvider({});
    open.push(up);
    const entries = [entry({ id: 'a', base: up.url })];
    const direct = await gateway({ entries, env: { HTTPS_PROXY: proxy.url } });
    expect((await ask(direct.url)).status).toBe(200);
    expect(proxy.asked).toEqual([]);
    const proxied = await gateway({ entries, env: { HTTP_PROXY: proxy.url } });
    expect((await ask(proxied.url, { stream: true })).text).toContain('data: [DONE]');
    expect(proxy.asked).toEqual([`${up.url}/v1/chat/completions`]);
  });

  test('a token that must be fetched is fetched once, and used for stored responses as well', async () => {
    const up = await startFakeProvider({ keys: ['token-of-the-machine'] });
    open.push(up);
    const params = `{model: azure/d, api_base: "${up.url}/", enable_azure_ad_token_refresh: true}`;
    const env = { HTTP_PROXY: proxy.url };
    const { url } = await gateway({ entries: [`- {model_name: g, litellm_params: ${params}}`], env });
    const headers = { 'content-type': 'application/json' };
    const body = '{"model": "g", "input": "hello"}';
    const created = await fetch(`${url}/v1/responses`, { method: 'POST', headers, body });
    const { id } = (await created.json()) as { id: string };
    const read = await fetch(`${url}/v1/responses/${id}`);
    expect([created.status, read.status]).toEqual([200, 200]);
    expect(await read.json()).toMatchObject({ id });
    expect(proxy.asked.filter((one) => one.includes('169.254.169.254'))).toHaveLength(1);
  });

  test('a proxy that refuses costs no client an error while another deployment is reached directly', async () => {
    const strict = await startProxy('refuses');
    const up = await startFakeProvider({});
    open.push(up);
    const entries = [entry({ id: 'far', base: 'https://provider.invalid' }), entry({ id: 'near', base: up.url })];
    const started = await startGateway(['model_list:', ...entries].join('\n'), { env: { HTTPS_PROXY: strict.url } });
    open.push({ close: () => started.drain() });
    for (let nth = 0; nth < 10; nth += 1) expect((await ask(started.url)).status).toBe(200);
    expect(strict.asked[0]).toBe('CONNECT provider.invalid:443');
  });

  test('a proxy that is not there is an error that names no password', async () => {
    const env = { HTTPS_PROXY: 'http://user:hidden-word@127.0.0.1:1' };
    const { url } = await gateway({ entries: [entry({ id: 'a', base: 'https://provider.invalid' })], env });
    const { status, text } = await ask(url);
    expect(status).toBe(500);
    expect(text).not.toContain('hidden-word');
  });

  test('a variable that is no URL is told at the start, without its value', async () => {
    const entries = [entry({ id: 'a', base: 'https://provider.invalid' })];
    const env = { HTTPS_PROXY: 'http://user:hidden-word@' };
    await expect(gateway({ entries, env })).rejects.toThrow(/^HTTPS_PROXY is not the URL of a proxy$/);
  });
});
