/**
 * What the suite starts as the client under test, with the address of its server as the last
 * argument: hands the scenario to the driver, which plays it on the running product.
 */
import { argv, env, exit, stdout } from 'node:process';

const response = await fetch(env['CONFORMANCE_DRIVER'] ?? '', {
  method: 'POST',
  body: JSON.stringify({
    scenario: env['MCP_CONFORMANCE_SCENARIO'],
    context: JSON.parse(env['MCP_CONFORMANCE_CONTEXT'] ?? '{}') as unknown,
    serverUrl: argv.at(-1),
  }),
});
stdout.write(`${await response.text()}\n`);
exit(response.ok ? 0 : 1);
