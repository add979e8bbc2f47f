/** Pages that one may come back to. A list and not a rule about slashes: there is no other way out. */
const BACK =
  /^\/(?:connections|runs|account|connect\/[0-9A-Za-z]{22,64}|[0-9A-Za-z]{32}|(?:account\/cli|oauth\/authorize)\?[\w.~%&=+:/*-]{1,4000})?$/;

/** The path of ours that a person is sent to after signing in. */
export function backTo(path: string | null | undefined): string {
  return typeof path === 'string' && BACK.test(path) ? path : '/';
}

/** The same for the page that a request asked for; some need their query to be asked again. */
export function backToPage({ pathname, search }: URL): string {
  const isWhole = pathname === '/account/cli' || pathname === '/oauth/authorize';
  return backTo(isWhole ? pathname + search : pathname);
}
