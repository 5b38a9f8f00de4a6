// A hop between a client and a server that can be slow, be cut, and lead somewhere else from now on: a network in
// trouble, or the address of a primary after a failover.
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface TcpProxy {
  readonly port: number;
  /** What the server sends takes so much longer. */
  delayMs: number;
  /** Where new connections lead. */
  target: number;
  /** Connections so far. */
  readonly opened: () => number;
  /** Breaks all connections. */
  cut(): void;
  close(): Promise<void>;
}

/** From any free port to `target` of this machine. */
export async function startTcpProxy(target: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let opened = 0;
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => sockets.delete(socket));
  };
  const server = createServer((client) => {
    opened += 1;
    const upstream = connect(proxy.target, '127.0.0.1');
    keep(client);
    keep(upstream);
    client.setNoDelay(true);
    client.pipe(upstream);
    client.once('close', () => upstream.destroy());
    upstream.once('close', () => client.destroy());
    upstream.on('data', (chunk: Buffer) => {
      if (proxy.delayMs === 0) client.write(chunk);
      else setTimeout(() => client.write(chunk), proxy.delayMs);
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const proxy: TcpProxy = {
    port: (server.address() as AddressInfo).port,
    delayMs: 0,
    target,
    opened: () => opened,
    cut,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        cut();
      }),
  };
  return proxy;
}
