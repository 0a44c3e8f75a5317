/** `//user:password@` before a host, anywhere in a text. */
const CREDENTIALS = /(\b[a-z][a-z\d+.-]*:\/\/)[^\s/?#"]*@/gi;
/** A URL parameter whose name says that its value is secret. */
const PARAMETER =
  /([?&;](?:[\w-]*(?:token|secret|passw|pwd|signature|credential|auth|jwt|session)[\w-]*|sig|key|pass|passphrase|streamid|pw|sid|api-?key|access_?key)=)[^\s&;#"']+/gi;

/**
 * Removes secrets from a text for logs and screens: users and passwords in addresses, and the values of parameters such as
 * `token`, become `***`. Text that is not an address is not changed.
 */
export function hideSecrets(text: string): string {
  return text.replace(CREDENTIALS, '$1***@').replace(PARAMETER, '$1***');
}

/**
 * An http(s) address for tracks, records and messages: without user and password, and with every value of its query hidden, because what a
 * server takes for a secret may have any name. Other texts as {@link hideSecrets} leaves them.
 */
export function hideAddress(text: string): string {
  if (!/^\s*https?:/i.test(text) || !URL.canParse(text)) return hideSecrets(text);
  const { protocol, username, password, host, pathname, search } = new URL(text);
  const user = username === '' && password === '' ? '' : '***@';
  const query = search.replace(/(^\?|[&;])(?:([^=&;]*)=)?[^&;]+/g, (_, mark: string, name: string | undefined) =>
    name === undefined ? `${mark}***` : `${mark}${name}=***`,
  );
  return `${protocol}//${user}${host}${pathname}${query}`;
}
