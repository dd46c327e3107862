/**
 * An enveloped XML signature over a whole document (W3C XMLDSig 1.1; RSA-SHA256, exclusive canonical form), written as
 * canonical text. What hashes and signs stands elsewhere: these are the words around it.
 */

const DSIG = 'http://www.w3.org/2000/09/xmldsig#';
const C14N = 'http://www.w3.org/2001/10/xml-exc-c14n#';

const algorithm = (element: string, uri: string): string => `<${element} Algorithm="${uri}"></${element}>`;

/** `digest`: SHA-256 of the document without its signature, base64. */
const signedInfoContent = (digest: string): string =>
  [
    algorithm('CanonicalizationMethod', C14N),
    algorithm('SignatureMethod', 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256'),
    '<Reference URI=""><Transforms>',
    algorithm('Transform', `${DSIG}enveloped-signature`),
    algorithm('Transform', C14N),
    '</Transforms>',
    algorithm('DigestMethod', 'http://www.w3.org/2001/04/xmlenc#sha256'),
    `<DigestValue>${digest}</DigestValue></Reference>`,
  ].join('');

/** What the key signs: SignedInfo as canonical form has it where it stands alone. */
export const signedInfo = (digest: string): string =>
  `<SignedInfo xmlns="${DSIG}">${signedInfoContent(digest)}</SignedInfo>`;

export type SignatureParts = {
  digest: string;
  value: string;
  /** Names the key: the SHA-256 of its SubjectPublicKeyInfo, hex. */
  keyName: string;
  /** Of the RSA key, base64 as XMLDSig wants them. */
  modulus: string;
  exponent: string;
};

/** The signature as it stands in the document. All parts but the key's name are base64. */
export const signatureElement = ({ digest, value, keyName, modulus, exponent }: SignatureParts): string =>
  [
    `<Signature xmlns="${DSIG}"><SignedInfo>${signedInfoContent(digest)}</SignedInfo>`,
    `<SignatureValue>${value}</SignatureValue>`,
    `<KeyInfo><KeyName>${keyName}</KeyName><KeyValue><RSAKeyValue>`,
    `<Modulus>${modulus}</Modulus><Exponent>${exponent}</Exponent>`,
    '</RSAKeyValue></KeyValue></KeyInfo></Signature>',
  ].join('');
