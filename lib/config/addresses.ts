import * as z from 'zod';

/** An http or https address, without slashes at its end. */
export const httpAddress: z.ZodType<URL, string> = z
  .string()
  .refine((raw) => /^https?:\/\//i.test(raw) && URL.canParse(raw), {
    message: 'is not an http:// or https:// address',
    abort: true,
  })
  .refine((raw) => !/[<>]/.test(raw), { message: 'still has a <placeholder>', abort: true })
  .transform((raw) => {
    const url = new URL(raw);
    url.pathname = url.pathname.replace(/\/+$/, '');
    return url;
  });
