import { REDACTED } from './redact.js';

/** Shorter text is a word like any other: to leave it out would make an error unreadable, and hides nothing. */
const MIN_CHARS = 4;
/** A part of a path is a key where it is longer than the words that paths are made of. */
const MIN_PATH_CHARS = 8;
/** Only what a configuration can hold. */
const MAX_SECRETS = 256;

/** A JSON Web Token: two parts of JSON in base64url begin with {" each. */
const TOKEN = /eyJ[\w-]{4,}\.[\w-]*(\.[\w-]*)?/g;

/** Longest first, so that one that holds another is found as a whole. */
let secrets: readonly string[] = [];

/** From now on this text is left out of whatever another machine says. */
export function keepSecret(text: string, minChars = MIN_CHARS): void {
  if (text.length < minChars || secrets.includes(text) || secrets.length >= MAX_SECRETS) return;
  secrets = [...secrets, text].sort((a, b) => b.length - a.length);
}

/** The same for everything in a URL that can be a key, as it is written and as it is read. */
export function keepUrlSecrets(url: URL): void {
  const parts = [url.username, url.password, ...url.search.slice(1).split(/[&=]/)];
  for (const part of parts) for (const text of [part, decoded(part)]) keepSecret(text);
  for (const part of url.pathname.split('/'))
    for (const text of [part, decoded(part)]) keepSecret(text, MIN_PATH_CHARS);
}

/** Text of another machine without what it was told in confidence: servers do repeat keys and headers in their errors. */
export function withoutSecrets(text: string): string {
  return secrets.reduce((left, secret) => left.replaceAll(secret, REDACTED), text).replace(TOKEN, REDACTED);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
