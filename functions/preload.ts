type Env = Readonly<Record<string, string | undefined>>;

/** Parts of the bundle with clients of AWS, and the values of variables that ask for them. */
const parts: readonly { readonly sign: RegExp; load(): Promise<unknown> }[] = [
  { sign: /\bs3:\/\//i, load: () => import('../lib/stores/s3-client.ts') },
  {
    sign: /\barn:aws[a-z-]*:secretsmanager:/i,
    load: () => import('../lib/secrets/secrets-manager-client.ts'),
  },
  { sign: /\barn:aws[a-z-]*:ssm:/i, load: () => import('../lib/secrets/parameter-store-client.ts') },
];

/**
 * Reads what the configuration will need, as far as the environment shows it: while it starts a function has a whole
 * processor, afterwards one by its memory. What only a secret names is read on first use.
 */
export async function preload(env: Env): Promise<void> {
  const values = Object.values(env).filter((value) => value !== undefined);
  const wanted = parts.filter(({ sign }) => values.some((value) => sign.test(value)));
  await Promise.all(wanted.map(({ load }) => load()));
}
