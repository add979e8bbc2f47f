/** What the editor's page asks for besides itself, in one module that the first such request loads. */
export { filledPrompt } from './filled-prompt.ts';
export { fromAddress } from './from-address.ts';
export { inspect } from './inspect.ts';
