import { Fault } from '../fault/fault.ts';
import { faultResponse } from './fault-response.ts';

/**
 * What a method is answered that an address does not take.
 * @param methods those that it takes, as `Allow` says them
 */
export function otherMethod(request: Request, methods: string): Response {
  const response =
    request.method === 'OPTIONS'
      ? new Response(null, { status: 204 })
      : faultResponse(refusal(request, methods), request);
  response.headers.set('allow', methods);
  return response;
}

function refusal({ method }: Request, methods: string): Fault {
  return new Fault('method_not_allowed', `This address takes ${methods}, and no ${method}.`);
}
