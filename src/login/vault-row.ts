import * as z from 'zod';
import { FAULTS } from '../fault/fault.ts';
import type { FaultCode } from '../fault/fault.ts';

/** What the sealed rows hold. Only this folder knows these shapes. */

const TARGET = z.object({ url: z.string(), user: z.string(), profile: z.string() });

const CLIENT = z.object({
  client_id: z.string(),
  client_secret: z.string().optional(),
  method: z.enum(['none', 'client_secret_post', 'client_secret_basic']),
  source: z.enum(['registered', 'document', 'dynamic']),
});

/** Who we are at an authorization server, and how the token endpoint is told. */
export type OAuthClient = z.infer<typeof CLIENT>;

const GRANT = z.object({
  /** Made new by every login. */
  id: z.string(),
  target: TARGET,
  issuer: z.string(),
  /** As the server's metadata writes it; sent like that. */
  resource: z.string(),
  client: CLIENT,
  access_token: z.string(),
  refresh_token: z.string().nullable(),
  scope: z.string(),
  /** What was asked for, which may be more than was given. */
  requested: z.string(),
  created_at: z.number(),
  expires_at: z.number().nullable(),
  /** When to refresh; null when the end is not known. */
  refresh_at: z.number().nullable(),
  /** When it was refreshed because a server refused it; null for every other token. */
  renewed_at: z.number().nullable(),
});

/** The tokens of one login. */
export type Grant = z.infer<typeof GRANT>;

const REGISTRATION = z.object({
  client: CLIENT,
  created_at: z.number(),
  expires_at: z.number().nullable(),
  /** Logins begun with it since the last one that succeeded. */
  begun: z.number(),
});

/** A client that was registered by itself. @see RFC 7591 */
export type Registration = z.infer<typeof REGISTRATION>;

const CHALLENGE = z.object({
  /** Where the server says its metadata is. */
  resource_metadata: z.string().nullable(),
  /** The scopes it asked for; null when it did not say. */
  scope: z.string().nullable(),
  /** Whether those widen the login that is there. */
  is_widening: z.boolean(),
  /** Logins that were not enough, lately. */
  refusals: z.array(z.object({ grant: z.string(), at: z.number(), asked_more: z.boolean() })),
  at: z.number(),
});

/** What a server asked for when it refused. */
export type AskedFor = z.infer<typeof CHALLENGE>;

const FLOW = z.object({
  target: TARGET,
  browser: z.string(),
  issuer: z.string(),
  is_iss_sent: z.boolean(),
  resource: z.string(),
  token_endpoint: z.string(),
  client: CLIENT,
  verifier: z.string(),
  redirect_uri: z.string(),
  requested: z.string(),
  created_at: z.number(),
});

/** A login under way. */
export type Flow = z.infer<typeof FLOW>;

const LINK = z.object({
  target: TARGET,
  shown: z.string(),
  created_at: z.number(),
  expires_at: z.number(),
  state: z.enum(['waiting', 'done']),
  failure: z
    .custom<FaultCode>((code) => typeof code === 'string' && Object.hasOwn(FAULTS, code))
    .nullable(),
});

/** A link that asks somebody to log in. */
export type Link = z.infer<typeof LINK>;

export const ROWS = {
  grant: GRANT,
  client: REGISTRATION,
  challenge: CHALLENGE,
  flow: FLOW,
  link: LINK,
};

/** The content of each kind of row. */
export interface RowOf {
  readonly grant: Grant;
  readonly client: Registration;
  readonly challenge: AskedFor;
  readonly flow: Flow;
  readonly link: Link;
}
