/**
 * Where `${env:X}` of a prompt finds its value: in the variable `SECRET_X`, and nowhere else. A
 * prompt chooses both the name and the server that the value is sent to, so whoever runs a
 * stranger's document would otherwise send `AWS_SECRET_ACCESS_KEY` to the stranger.
 * @returns null when the secret is not set
 * @see spec/prompt-format.md (Secrets)
 */
export function environmentSecrets(
  variables: Readonly<Record<string, string | undefined>>,
): (name: string) => string | null {
  return (name) => {
    const value = variables[`SECRET_${name}`];
    return value === undefined || value === '' ? null : value;
  };
}
