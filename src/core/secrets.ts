/** `//user:password@` in front of a host, wherever in a text it stands. */
const CREDENTIALS = /(\b[a-z][a-z\d+.-]*:\/\/)[^\s/?#"'@]*@/gi;
/** A parameter of an address whose name says that its value is nobody else's business. */
const PARAMETER =
  /([?&;](?:[\w-]*(?:token|secret|passw|signature|credential|auth)[\w-]*|sig|key|api-?key|access_?key)=)[^\s&;#"']+/gi;

/**
 * A text as it may stand in logs and on screens: users and passwords in addresses, and the values of parameters such as
 * `token`, become `***`. What is no address stays as it is.
 */
export function hideSecrets(text: string): string {
  return text.replace(CREDENTIALS, '$1***@').replace(PARAMETER, '$1***');
}
