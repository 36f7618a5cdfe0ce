type Env = Readonly<Record<string, string | undefined>>;

/** A part of the bundle with a client of AWS. */
export interface Part {
  readonly name: 's3' | 'secrets-manager' | 'parameter-store' | 'signer';
  load(): Promise<unknown>;
}

/** With what `NAME=value` of a variable has in it where the part is needed. */
const parts: readonly (Part & { readonly sign: RegExp })[] = [
  { name: 's3', sign: /\bs3:\/\//i, load: () => import('../lib/stores/s3-client.ts') },
  {
    name: 'secrets-manager',
    sign: /\barn:aws[a-z-]*:secretsmanager:/i,
    load: () => import('../lib/secrets/secrets-manager-client.ts'),
  },
  {
    name: 'parameter-store',
    sign: /\barn:aws[a-z-]*:ssm:/i,
    load: () => import('../lib/secrets/parameter-store-client.ts'),
  },
  {
    name: 'signer',
    sign: /\bREMOTE_WRITE_SIGV4\W+(?:true|1|yes|on)\b/i,
    load: () => import('../lib/http/aws-signer.ts').then(({ preloadRoles }) => preloadRoles()),
  },
];

/** What the configuration will need, as far as the environment shows it: what only a secret names is not here. */
export function neededParts(env: Env): readonly Part[] {
  const values = Object.entries(env).map(([name, value = '']) => `${name}=${value}`);
  return parts.filter(({ sign }) => values.some((value) => sign.test(value)));
}

/** While it starts a function has a whole processor, afterwards one by its memory: what is needed is read now. */
export async function preload(env: Env): Promise<void> {
  await Promise.all(neededParts(env).map(({ load }) => load()));
}
