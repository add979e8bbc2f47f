import { wantsPage } from '../../connect/accept.ts';
import { seeOther } from '../../connect/responses.ts';
import { Fault } from '../../fault/fault.ts';
import { readFields } from './read-fields.ts';

/** What a `DELETE` does can be asked for with `POST` too, because forms know no other method. */

/**
 * Whether a form says what its `POST` is to do.
 * @throws Fault `bad_request`
 */
export async function checkFormAction(request: Request, action: string): Promise<void> {
  if (request.method !== 'POST') return;
  if ((await readFields(request)).get('action') === action) return;
  throw new Fault('bad_request', `"action" must be "${action}".`);
}

/** The answer once it is done: a browser is led to `page`. */
export function formActionDone(request: Request, page: string): Response {
  return wantsPage(request) ? seeOther(page) : new Response(null, { status: 204 });
}
