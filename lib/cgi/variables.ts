// Which params are CGI meta-variables: what a guest may learn of the request, by name.

/** RFC 3875 section 4.1, and what Apache, nginx and PHP programs expect besides. */
const META_VARIABLES: ReadonlySet<string> = new Set([
  'AUTH_TYPE',
  'CONTENT_LENGTH',
  'CONTENT_TYPE',
  'DOCUMENT_URI',
  'HTTPS',
  'PATH_INFO',
  'QUERY_STRING',
  // What an internal redirect (mod_rewrite, ErrorDocument, DirectoryIndex) made of the first request.
  'REDIRECT_HTTP_AUTHORIZATION',
  'REDIRECT_QUERY_STRING',
  'REDIRECT_REMOTE_USER',
  'REDIRECT_REQUEST_METHOD',
  'REDIRECT_STATUS',
  'REDIRECT_URL',
  'REMOTE_ADDR',
  'REMOTE_HOST',
  'REMOTE_IDENT',
  'REMOTE_PORT',
  'REMOTE_USER',
  'REQUEST_METHOD',
  'REQUEST_SCHEME',
  'REQUEST_URI',
  'SCRIPT_NAME',
  'SERVER_ADDR',
  'SERVER_NAME',
  'SERVER_PORT',
  'SERVER_PROTOCOL',
  'SERVER_SOFTWARE',
  'UNIQUE_ID',
]);

/** `SSL_*` is there only when the administrator said `SSLOptions +StdEnvVars`: his choice, kept. */
const PREFIXED = /^(?:HTTP|SSL)_[A-Z0-9_]+$/;

/**
 * Whether a param reaches the guest unchanged. Host paths (DOCUMENT_ROOT, SCRIPT_FILENAME,
 * PATH_TRANSLATED) are not among them: they are mapped. HTTP_PROXY is a client's header that many
 * HTTP libraries take for their configuration, so it never passes.
 */
export function isMetaVariable(name: string): boolean {
  return META_VARIABLES.has(name) || (PREFIXED.test(name) && name !== 'HTTP_PROXY');
}
