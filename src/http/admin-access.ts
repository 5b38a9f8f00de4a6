// Who may look behind the counter: `/admin/*` and the reasons of a decision (DESIGN 7). A strong master key, or a
// caller on this machine. A weak key, or none, is enough for inference on one's own machine and for nothing else.
import type { IncomingHttpHeaders } from 'node:http';
import type { AuthVerdict } from './auth.ts';

/** `no-key`: none or a wrong one was presented. `weak-key`: what the config has is no protection. */
export type AdminAccess = 'granted' | 'no-key' | 'weak-key';

export interface AdminCaller {
  readonly verdict: AuthVerdict;
  readonly masterKeyIsStrong: boolean;
  /** Address at the other end of the connection. */
  readonly peer: string | undefined;
  readonly headers: IncomingHttpHeaders;
}

export function adminAccess(caller: AdminCaller): AdminAccess {
  const { verdict, masterKeyIsStrong } = caller;
  if (verdict.kind === 'admin' && masterKeyIsStrong) return 'granted';
  if (isLocal(caller)) return 'granted';
  return verdict.kind === 'rejected' ? 'no-key' : 'weak-key';
}

const LOOPBACK_PEER = /^(?:::ffff:)?127\.|^::1$/;
const LOOPBACK_HOST = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i;
/** A proxy on this machine speaks for somebody else. */
const PROXY_HEADERS = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'];

/** A process on this machine speaks, and neither a proxy nor a page of another site that its browser shows. */
function isLocal({ peer, headers }: AdminCaller): boolean {
  if (peer === undefined || !LOOPBACK_PEER.test(peer)) return false;
  if (PROXY_HEADERS.some((name) => headers[name] !== undefined)) return false;
  const { host = '', origin } = headers;
  // A name that was made to point here by somebody else's DNS is no name of this machine.
  if (!LOOPBACK_HOST.test(host)) return false;
  return origin === undefined || origin === `http://${host}` || origin === `https://${host}`;
}
