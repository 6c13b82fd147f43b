import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { ChaperoneError } from '../../crds/errors.ts';
import { joinPem } from './authority.ts';
import { readSecret, type SecretPlace, writeSecret } from './secret-values.ts';

/** The Ed25519 keys of policy images, PEM. The public one stands in every injected pod, so the pair is never replaced by us. */
export interface SigningKey {
  publicKey: string;
  privateKey: string;
}

/** Reads the pair from its Secret; makes it where there is none. Throws `signing-key-unreadable` when the Secret holds anything else. */
export async function ensureSigningKey(place: SecretPlace): Promise<SigningKey> {
  const { values, resourceVersion } = await readSecret(place);
  if (resourceVersion !== null) return parse(values, place);
  const made = createSigningKey();
  const written = { 'private.pem': made.privateKey, 'public.pem': made.publicKey };
  if (await writeSecret(place, 'Opaque', { values: written, resourceVersion })) return made;
  return parse((await readSecret(place)).values, place);
}

export function createSigningKey(): SigningKey {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return {
    publicKey: joinPem(publicKey.export({ type: 'spki', format: 'pem' }).toString()),
    privateKey: joinPem(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()),
  };
}

function parse(values: Record<string, string>, { namespace, name }: SecretPlace): SigningKey {
  try {
    const privateKey = createPrivateKey(values['private.pem'] ?? '');
    const publicKey = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString();
    if (privateKey.asymmetricKeyType !== 'ed25519' || joinPem(publicKey) !== joinPem(values['public.pem'] ?? '')) {
      throw new TypeError('not an Ed25519 pair');
    }
    return { publicKey: joinPem(publicKey), privateKey: joinPem(values['private.pem'] ?? '') };
  } catch (cause) {
    throw new ChaperoneError(
      'signing-key-unreadable',
      `The Secret ${namespace}/${name} holds no Ed25519 key pair in private.pem and public.pem; delete it to have one made, and restart the runner pods that were started with the old one.`,
      { cause },
    );
  }
}
