import { Fault } from '../fault/fault.ts';

/**
 * Before the name of a secret: the hosts that it may be sent to. It does not begin as secrets do, so
 * that no secret can have a name that reads like it.
 */
const HOSTS_OF = 'HOSTS_OF_SECRET_';

const HOST = /^(?:[a-z\d](?:[a-z\d.-]{0,251}[a-z\d])?|\[[\d:a-f.]{2,45}\])(?::\d{1,5})?$/;

/** Variables by name. */
type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Where `${env:X}` of a prompt finds its value: in the variable `SECRET_X`, and nowhere else. A
 * prompt chooses both the name and the server that the value is sent to, so whoever runs a
 * stranger's document would otherwise send `AWS_SECRET_ACCESS_KEY` to the stranger. With
 * `HOSTS_OF_SECRET_X` the operator says which servers the value is for: nobody who may run prompts
 * can then have it sent to a server of their own.
 * @returns takes the name and the host of who is to be sent it (`host:port` where the port is not the usual
 *   one); gives null when the secret is not set
 * @throws Fault `secret_refused` (of what is returned) for another host than those
 * @see spec/prompt-format.md (Secrets)
 */
export function environmentSecrets(
  variables: Variables,
): (name: string, host: string) => string | null {
  return (name, host) => {
    const value = variables[`SECRET_${name}`];
    if (value === undefined || value === '') return null;
    const hosts = variables[HOSTS_OF + name];
    if (hosts === undefined || hostsIn(hosts).includes(host.toLowerCase())) return value;
    const message = `The secret ${name} may not be sent to ${host}. HOSTS_OF_SECRET_${name} names the hosts that may get it.`;
    throw new Fault('secret_refused', message, {
      detail: { secret: name },
    });
  };
}

/**
 * Checks what the operator wrote: a host that is no host would be one that a secret is never sent to.
 * @throws TypeError that names the variable
 */
export function checkSecretHosts(variables: Variables): void {
  for (const [name, value = ''] of Object.entries(variables)) {
    const isBinding = name.startsWith(HOSTS_OF);
    const hosts = isBinding ? hostsIn(value) : [];
    if (isBinding && (hosts.length === 0 || !hosts.every((host) => HOST.test(host)))) {
      throw new TypeError(
        `${name} must be hosts with commas between, such as mcp.example.com; a port may stand behind one.`,
      );
    }
  }
}

function hostsIn(text: string): readonly string[] {
  const entries = text.split(',').map((host) => host.trim().toLowerCase());
  return entries.filter((host) => host !== '');
}
