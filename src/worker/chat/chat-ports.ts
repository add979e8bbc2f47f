import type { ChatRequest } from '../../completions/chat-request.ts';
import type { Model, Ports } from '../../execute/ports.ts';
import { systemClock } from '../../execute/system-clock.ts';
import type { Network } from '../network.ts';
import { enginePorts } from '../run/run-ports.ts';
import type { ChatAsked, ChatCaller } from './chat-caller.ts';

/**
 * The engine's ports for a run inside of one request.
 * @param model asked instead of the server's own
 * @throws Fault `misconfigured`
 */
export function chatPorts(
  { env }: ChatAsked,
  caller: ChatCaller,
  chat: ChatRequest,
  model?: (outside: Network) => Model,
): Omit<Ports, 'log'> {
  const isOwn = !caller.isSuggested;
  const ports = enginePorts({
    env,
    use: {
      principal: caller.canOwn && isOwn ? caller.principal : null,
      payer: caller.principal,
      isTrusted: caller.isTrusted && isOwn,
      canAnswer: false,
      origin: caller.origin,
      user: chat.user,
      profile: chat.request.profile,
      run: null,
    },
    secrets: (name) => chat.secrets.get(name) ?? null,
    ...(model === undefined ? {} : { model }),
    clock: systemClock(0),
  });
  return { ...ports, isDirect: true, canAnswer: false };
}
