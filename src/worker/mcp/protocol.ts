/** What only who speaks the protocol needs, as one module: a start does not pay for it. */
export { AnsweredActions } from './answered-actions.ts';
export { authInfoOf, mcpCaller, unknownCaller } from './mcp-caller.ts';
export { answerMcp } from './mcp-door.ts';
export { isRunTool, productServer } from './product-server.ts';
export { promptTool } from './prompt-tool.ts';
export { SessionDesk } from './session-desk.ts';
