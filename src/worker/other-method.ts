import { Fault } from '../fault/fault.ts';
import { faultResponse } from './fault-response.ts';

/**
 * What a method is answered that an address does not take.
 * @param methods those that it takes, as `Allow` says them
 * @param message for who sent another one
 */
export function otherMethod(
  request: Request,
  methods: string,
  message = `This address takes ${methods}, and no ${request.method}.`,
): Response {
  const response =
    request.method === 'OPTIONS'
      ? new Response(null, { status: 204 })
      : faultResponse(new Fault('method_not_allowed', message), request);
  response.headers.set('allow', methods);
  return response;
}
