/**
 * `aps-workspaces.<region>.amazonaws.com`, with `-fips`, in China, with IPv6 (`api.aws`), and the names of an interface
 * endpoint (`vpce-….aps-workspaces.<region>.vpce.amazonaws.com`):
 * https://docs.aws.amazon.com/general/latest/gr/prometheus-service.html
 */
const host =
  /(?:^|\.)aps-workspaces(?:-fips)?\.([a-z]{2,}(?:-[a-z]+)+-\d+)\.(?:(?:vpce\.)?amazonaws\.com(?:\.cn)?|api\.aws|api\.amazonwebservices\.com\.cn)$/;

/** The region in an address of Amazon Managed Prometheus; undefined for every other address. */
export const amazonRegion = (url: URL): string | undefined => host.exec(url.hostname)?.[1];

/** Also for names of it whose region cannot be read. */
export const isAmazon = (url: URL): boolean =>
  amazonRegion(url) !== undefined ||
  /(?:^|\.)aps-workspaces(?:-fips)?\..*\.(?:amazonaws\.com(?:\.cn)?|api\.aws)$/.test(url.hostname);
