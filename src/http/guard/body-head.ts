import { AppError } from '../../contract/index.ts';
import { headerValues, type RequestHead } from './request-head.ts';

const jsonType = /^application\/json(?:\s*;\s*charset="?utf-8"?)?\s*$/i;

/**
 * Refuses a body that is not plain JSON by its head alone: an HTML form can send three content types and none of them
 * is this one. An empty POST needs no content type, but may not name another one.
 */
export function checkBodyHead(head: RequestHead): void {
  const lengths = headerValues(head, 'content-length');
  const hasBody =
    headerValues(head, 'transfer-encoding').length > 0 || lengths.some((length) => length !== '0');
  if (head.method === 'GET' || head.method === 'HEAD') {
    if (hasBody) throw new AppError('invalid_request', `A ${head.method} request has no body`);
    return;
  }
  const types = headerValues(head, 'content-type');
  const isJson = types.length === 1 && jsonType.test(types[0] ?? '');
  if ((hasBody || types.length > 0) && !isJson) {
    throw new AppError('unsupported_media_type', `The body is ${types.join(', ') || 'of no stated type'}`, {
      hint: 'send JSON with the header Content-Type: application/json',
    });
  }
  if (headerValues(head, 'content-encoding').length > 0) {
    throw new AppError('unsupported_media_type', 'The body is compressed', { hint: 'send it as it is' });
  }
}
