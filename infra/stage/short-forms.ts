import { type CollectionTag, type ScalarTag, YAMLMap } from 'yaml';

const scalar = (tag: string, full: (text: string) => unknown): ScalarTag => ({ tag, resolve: full });

/** The short forms of CloudFormation's YAML that infra/*.yml use. */
export const shortForms: readonly (ScalarTag | CollectionTag)[] = [
  scalar('!Ref', (text) => ({ Ref: text })),
  scalar('!Sub', (text) => ({ 'Fn::Sub': text })),
  scalar('!GetAtt', (text) => {
    const [resource = '', ...attribute] = text.split('.');
    return { 'Fn::GetAtt': [resource, attribute.join('.')] };
  }),
  {
    tag: '!If',
    collection: 'seq',
    resolve: (sequence) => {
      const map = new YAMLMap();
      map.set('Fn::If', sequence);
      return map;
    },
  },
];
