/**
 * All that is loaded when somebody asks the authorization server for something or looks at what was
 * allowed, as one piece: each further door would cut what a start loads into more pieces, and many small ones are more to load.
 */
export { addConnection, listConnections, removeConnection } from '../login/connections.ts';
export { accessOf, challenge } from './access.ts';
export { decideConsent, showConsent } from './authorize.ts';
export { KeptRows } from './kept-rows.ts';
export { resourceMetadata, serverMetadata } from './metadata.ts';
export { OauthDesk } from './oauth-desk.ts';
export { endProgram, listPrograms } from './programs.ts';
export { register } from './registration.ts';
export { revoke, token } from './token.ts';
