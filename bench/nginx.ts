// nginx as a plain reverse proxy, for comparison, where it is installed.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const PLACES = ['/usr/sbin/nginx', '/usr/bin/nginx', '/usr/local/sbin/nginx'];

export interface NginxOptions {
  readonly folder: string;
  readonly port: number;
  readonly upstreamPort: number;
}

/** The command that starts it in the foreground with one worker, or `undefined` where it is missing. */
export function nginxCommand(options: NginxOptions): string[] | undefined {
  const binary = PLACES.find((place) => existsSync(place));
  if (binary === undefined) {
    console.log('nginx: not installed (apt-get install nginx-light), left out');
    return undefined;
  }
  const config = join(options.folder, 'nginx.conf');
  writeFileSync(config, nginxConfig(options));
  return [binary, '-c', config, '-e', join(options.folder, 'nginx-error.log')];
}

function nginxConfig({ folder, port, upstreamPort }: NginxOptions): string {
  return `daemon off; master_process off; worker_processes 1; pid ${folder}/nginx.pid;
events { worker_connections 1024; }
http {
  access_log off; client_max_body_size 10m; client_body_buffer_size 1m; client_body_temp_path ${folder};
  proxy_temp_path ${folder}; fastcgi_temp_path ${folder}; uwsgi_temp_path ${folder}; scgi_temp_path ${folder};
  upstream mock { server 127.0.0.1:${upstreamPort}; keepalive 256; }
  server {
    listen 127.0.0.1:${port}; keepalive_requests 1000000000;
    location / { proxy_pass http://mock; proxy_http_version 1.1; proxy_set_header Connection ""; }
  }
}
`;
}
