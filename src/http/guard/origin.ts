import { AppError } from '../../contract/index.ts';
import { headerValues, type RequestHead } from './request-head.ts';

/**
 * Refuses what a web page of anybody else causes: a foreign or opaque Origin or Referer, fetch metadata of another site,
 * a CORS preflight. `ownOrigins` are the origins of this very server under the Host that was accepted before.
 */
export function checkOrigin(head: RequestHead, ownOrigins: readonly string[]): void {
  for (const origin of headerValues(head, 'origin')) {
    if (!ownOrigins.includes(origin.toLowerCase())) throw refused('Origin', origin);
  }
  for (const referer of headerValues(head, 'referer')) {
    if (!ownOrigins.includes(originOf(referer))) throw refused('Referer', referer);
  }
  checkFetchMetadata(head);
  for (const name of ['access-control-request-method', 'access-control-request-headers']) {
    if (headerValues(head, name).length > 0) throw refused(name, 'a preflight');
  }
}

/**
 * Browsers send the whole set. Without Sec-Fetch-Site only what Node's own fetch sends is let in: `Sec-Fetch-Mode: cors`.
 */
function checkFetchMetadata(head: RequestHead): void {
  const sites = headerValues(head, 'sec-fetch-site');
  for (const site of sites) {
    if (site !== 'same-origin' && site !== 'none') throw refused('Sec-Fetch-Site', site);
  }
  if (sites.length > 1) throw refused('Sec-Fetch-Site', sites.join(', '));
  if (sites.length === 1) return;
  for (const mode of headerValues(head, 'sec-fetch-mode')) {
    if (mode !== 'cors') throw refused('Sec-Fetch-Mode', mode);
  }
  for (const destination of headerValues(head, 'sec-fetch-dest')) {
    if (destination !== 'empty') throw refused('Sec-Fetch-Dest', destination);
  }
  if (headerValues(head, 'sec-fetch-user').length > 0) throw refused('Sec-Fetch-User', 'a navigation');
}

function originOf(url: string): string {
  try {
    return new URL(url).origin.toLowerCase();
  } catch {
    return 'null'; // not a URL: nothing that could be ours
  }
}

function refused(header: string, value: string): AppError {
  return new AppError(
    'origin_refused',
    `The request comes from a web page (${header}: ${value.slice(0, 100)})`,
    {
      hint: 'call the API from a program, not from a page of another site',
    },
  );
}
