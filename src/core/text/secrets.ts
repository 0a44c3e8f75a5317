/** `//user:password@` before a host, anywhere in a text. */
const CREDENTIALS = /(\b[a-z][a-z\d+.-]*:\/\/)[^\s/?#"'@]*@/gi;
/** A URL parameter whose name says that its value is secret. */
const PARAMETER =
  /([?&;](?:[\w-]*(?:token|secret|passw|signature|credential|auth)[\w-]*|sig|key|api-?key|access_?key)=)[^\s&;#"']+/gi;

/**
 * Removes secrets from a text for logs and screens: users and passwords in addresses, and the values of parameters such as
 * `token`, become `***`. Text that is not an address is not changed.
 */
export function hideSecrets(text: string): string {
  return text.replace(CREDENTIALS, '$1***@').replace(PARAMETER, '$1***');
}
