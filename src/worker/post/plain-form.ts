/**
 * Forms of other sites with `enctype="text/plain"`: lines `name=value`, nothing escaped. Only a form
 * makes a browser go somewhere with a POST; a script that sends such a body stays where it is.
 */
export function isPlainForm({ headers }: Pick<Request, 'headers'>): boolean {
  const [media = ''] = (headers.get('content-type') ?? '').toLowerCase().split(';');
  return media.trim() === 'text/plain' && headers.get('sec-fetch-mode') === 'navigate';
}

/**
 * The field `prompt` of such a form, to its end: where a field of several lines ends cannot be told
 * from the text, so what follows stays visible. A body without that field is the prompt itself.
 */
export function promptOfPlainForm(text: string): string {
  const lines = text.replaceAll('\r\n', '\n');
  const value = /^prompt=([^]*)$/m.exec(lines)?.[1];
  return (value ?? lines).replace(/\n$/, '');
}
