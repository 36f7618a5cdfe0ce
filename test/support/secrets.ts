/**
 * Every way in which a text can hold a secret: as it is, escaped, as hexadecimal digits, and in base64 at each of
 * the three places a byte can have in a group, so that `user:secret` is found, too.
 */
export function tracesOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret, 'utf8');
  const encoded = [0, 1, 2].map((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
    // Without the characters that depend on what stands before and behind.
    return text.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + bytes.byteLength) * 8) / 6));
  });
  const safe = encoded.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'));
  const escaped = [encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)];
  return [...new Set([secret, ...escaped, bytes.toString('hex'), ...encoded, ...safe])];
}

/** The names of the secrets that a text holds. */
export function secretsIn(text: string, secrets: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(secrets)
    .filter(([, secret]) => tracesOf(secret).some((trace) => text.includes(trace)))
    .map(([name]) => name);
}
