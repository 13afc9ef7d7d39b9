//! Base62 (`0-9A-Za-z`) and the checksum of opaque keys.

use zeroize::Zeroizing;

/// The lowest `N` base62 digits of a 256-bit big-endian number, highest first.
pub(crate) fn lowest_digits<const N: usize>(number: &[u8; 32]) -> Zeroizing<[u8; N]> {
    let mut number = Zeroizing::new(*number);
    let mut digits = Zeroizing::new([b'0'; N]);
    for digit in digits.iter_mut().rev() {
        let mut remainder = 0u16;
        for byte in number.iter_mut() {
            let dividend = (remainder << 8) | u16::from(*byte);
            *byte = (dividend / 62) as u8;
            remainder = dividend % 62;
        }
        *digit = letter(remainder as u8);
    }
    digits
}

/// The checksum that ends an opaque key: CRC-32 of everything before it, as six base62 digits, highest first.
pub(crate) fn checksum(bytes: &[u8]) -> [u8; 6] {
    let mut rest = crc32(bytes);
    let mut digits = [b'0'; 6];
    for digit in digits.iter_mut().rev() {
        *digit = letter((rest % 62) as u8);
        rest /= 62;
    }
    digits
}

fn letter(value: u8) -> u8 {
    match value {
        0..=9 => b'0' + value,
        10..=35 => b'A' + (value - 10),
        _ => b'a' + (value.min(61) - 36),
    }
}

/// CRC-32 as in zip and PNG. Bit by bit: a table would be larger than all of this crate's other data.
fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg());
        }
    }
    !crc
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crc32_is_the_common_one() {
        assert_eq!(crc32(b""), 0);
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    }

    #[test]
    fn digits_are_the_number_modulo_62_to_the_n() {
        let mut number = [0; 32];
        assert_eq!(&*lowest_digits::<4>(&number), b"0000");
        number[31] = 61;
        assert_eq!(&*lowest_digits::<4>(&number), b"000z");
        number[31] = 62;
        assert_eq!(&*lowest_digits::<4>(&number), b"0010");
        // 957 071 = 4·62³ + 0·62² + 60·62 + 39
        number[29..].copy_from_slice(&[0x0E, 0x9A, 0x8F]);
        assert_eq!(&*lowest_digits::<4>(&number), b"40yd");
    }

    #[test]
    fn letters_are_62_different_ones() {
        let alphabet: std::string::String =
            (0..62).map(|value| char::from(letter(value))).collect();
        assert_eq!(
            alphabet,
            "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
        );
    }

    extern crate std;
}
