import type { Complaint } from './error.ts';
import type { StageFile } from './schema.ts';

export interface Network {
  readonly subnetIds: readonly string[];
  /** Those of the stage, or the one that is made. */
  readonly securityGroupIds: readonly (string | { readonly 'Fn::GetAtt': readonly [string, string] })[];
  /** Undefined: the stage brings security groups. */
  readonly created:
    | { readonly vpcId: string; readonly egress: readonly Readonly<Record<string, unknown>>[] }
    | undefined;
}

export function networkOf(
  { network }: StageFile,
  complain: (complaint: Complaint) => void,
): Network | undefined {
  if (network === undefined) return undefined;
  const { subnetIds, securityGroupIds, vpcId, egress } = network;
  if (securityGroupIds !== undefined) {
    if (egress !== undefined || vpcId !== undefined) complain(groupsAndRules);
    return { subnetIds, securityGroupIds, created: undefined };
  }
  if (egress === undefined) complain(noRules);
  if (vpcId === undefined) complain(noVpc);
  for (const [index, { to, port, protocol }] of (egress ?? []).entries()) {
    if (/\/0$/.test(to) && (port !== 443 || protocol === 'udp')) complain(everywhere(index, to, port));
  }
  return {
    subnetIds,
    securityGroupIds: [{ 'Fn::GetAtt': ['SecurityGroup', 'GroupId'] }],
    created: { vpcId: vpcId ?? '', egress: (egress ?? []).map(rule) },
  };
}

type Egress = NonNullable<NonNullable<StageFile['network']>['egress']>[number];

const rule = ({ to, port, what, protocol = 'tcp' }: Egress): Readonly<Record<string, unknown>> => ({
  IpProtocol: protocol,
  FromPort: port,
  ToPort: port,
  [destination(to)]: to,
  Description: what,
});

function destination(to: string): string {
  if (to.startsWith('sg-')) return 'DestinationSecurityGroupId';
  if (to.startsWith('pl-')) return 'DestinationPrefixListId';
  return to.includes(':') ? 'CidrIpv6' : 'CidrIp';
}

const groupsAndRules: Complaint = {
  path: 'network.securityGroupIds',
  what: 'is set, and vpcId or egress is too',
  expected: 'security groups that exist, or vpcId and egress for one that is made',
  do: 'remove network.securityGroupIds, or remove network.vpcId and network.egress',
};

const noRules: Complaint = {
  path: 'network.egress',
  what: 'is missing, and network.securityGroupIds is too: the function could reach nothing',
  expected:
    'what the function has to reach: the Pushgateway, Prefect, and 443 of the endpoints of S3 and Secrets Manager',
  do: 'network.egress: [{ to: 10.0.12.0/24, port: 9091, what: Pushgateway }]',
};

const noVpc: Complaint = {
  path: 'network.vpcId',
  what: 'is missing: the security group is made in a VPC',
  expected: 'the VPC of network.subnetIds',
  do: 'network.vpcId: vpc-0123456789abcdef0',
};

const everywhere = (index: number, to: string, port: number): Complaint => ({
  path: `network.egress.${index}`,
  what: 'opens a port to every address',
  found: `port ${port} to ${to}`,
  expected: 'the addresses of what is meant; every address only for port 443 of tcp',
  do: 'network.egress: [{ to: 10.0.12.0/24, port: 9091, what: Pushgateway }]',
});
