import { beforeAll, describe, expect, it } from 'vitest';
import { systemClock as clock } from '../../lib/clock.ts';
import { parseSecretArn } from '../../lib/config/secret-arn.ts';
import { deadlineIn } from '../../lib/deadline.ts';
import { SecretError } from '../../lib/secrets/errors.ts';
import type { ReadSecret } from '../../lib/secrets/read-secret.ts';

/** A place with secrets; each call makes or changes one of its own and resolves with its ARN. */
export interface SecretPlace {
  readonly read: ReadSecret;
  secret(name: string, text: string): Promise<string>;
  binarySecret(name: string): Promise<string>;
  emptySecret(name: string): Promise<string>;
  deletedSecret(name: string): Promise<string>;
  parameter(name: string, text: string): Promise<string>;
}

/** What both services do, as far as a configuration needs it. */
export function describeSecrets(name: string, open: () => SecretPlace | Promise<SecretPlace>): void {
  describe(`secrets in ${name}`, () => {
    let place: SecretPlace;

    const read = (text: string): Promise<string> => {
      const arn = parseSecretArn(text);
      if (arn === undefined) throw new Error(`${text} is no ARN`);
      return place.read(arn, deadlineIn(20_000, clock));
    };
    const problemOf = async (text: string) => {
      const error = await read(text).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      if (!(error instanceof SecretError)) throw new Error(`no SecretError but ${error}`);
      return error.problem;
    };

    beforeAll(async () => {
      place = await open();
    });

    it('has the text of a secret, as it was written', async () => {
      const text = ' {"PREFECT_API_KEY":"pnu_ü✓"}\n';
      expect(await read(await place.secret('prefect/texts', text))).toBe(text);
    });

    it('has the new text after a rotation', async () => {
      const arn = await place.secret('prefect/rotated', 'one');
      expect(await read(arn)).toBe('one');
      expect(await place.secret('prefect/rotated', 'two')).toBe(arn);
      expect(await read(arn)).toBe('two');
    });

    it.each([['/prefect/deep/key'], ['flat']])('has the parameter %s, decrypted', async (parameter) => {
      const arn = await place.parameter(parameter, 'value of it');
      expect(arn).toContain(':parameter/');
      expect(await read(arn)).toBe('value of it');
    });

    it('says that a secret is not there', async () => {
      const missing = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:prefect/none-a1B2c3';
      expect(await problemOf(missing)).toMatchObject({
        slug: 'secret-not-found',
        message: `There is no secret ${missing}.`,
        expected: expect.stringContaining('us-east-1'),
      });
    });

    it('says that a parameter is not there', async () => {
      const missing = 'arn:aws:ssm:us-east-1:123456789012:parameter/prefect/none';
      expect(await problemOf(missing)).toMatchObject({
        slug: 'secret-not-found',
        message: `There is no parameter ${missing}.`,
      });
    });

    it('says that a secret has no value', async () => {
      const arn = await place.emptySecret('prefect/empty');
      expect(await problemOf(arn)).toMatchObject({
        slug: 'secret-not-found',
        message: `The secret ${arn} has no value yet: no version of it is AWSCURRENT.`,
      });
    });

    it('says that a secret is binary', async () => {
      const arn = await place.binarySecret('prefect/binary');
      expect(await problemOf(arn)).toMatchObject({ slug: 'secret-content', found: 'a binary secret' });
    });

    it('says that a secret is marked for deletion', async () => {
      const arn = await place.deletedSecret('prefect/deleted');
      expect(await problemOf(arn)).toMatchObject({
        slug: 'secret-deleted',
        do: expect.stringContaining(`restore-secret --region us-east-1 --secret-id ${arn}`),
      });
    });
  });
}
