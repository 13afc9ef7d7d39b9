//! Time in proportion to the text's length, proved by counting the bytes that are looked at.

use invite_key::find::find;
use proptest::prelude::*;

use crate::corpus;

/// No more bytes than this are looked at for each of the text, one as often as it is.
const MOST: usize = 250;

/// What a text can be full of.
const ATOMS: [&str; 44] = [
    "a",
    "0",
    "_",
    "-",
    "%",
    "=",
    "&",
    ".",
    "/",
    "\\",
    "<",
    ">",
    "\n",
    "h",
    "ü",
    "\u{200B}",
    "：",
    "%25",
    "%3D",
    "=3D",
    "=\n",
    "&amp;",
    "&amp",
    "&#",
    "\\u003d",
    "<wbr>",
    "<http",
    "<https://a\n",
    "> ",
    "http",
    "https://",
    "https://a",
    "https:/",
    "https%3A%2F%2F",
    "https%253A%252F%252F",
    "acceptInvite=",
    "?acceptInvite=",
    "https://h/?acceptInvite=",
    "https://h/?acceptInvite=inv1_0\n",
    "inv1_0\n",
    "invs1_a.b.",
    "https://www.google.com/url?q=",
    "https://a.safelinks.protection.outlook.com/?url=",
    "https://urldefense.com/v3/__https://a__;*",
];

fn work(text: &str) -> usize {
    find(text).work()
}

/// `count` bytes of it, about.
fn full_of(atom: &str, count: usize) -> String {
    atom.repeat(count / atom.len() + 1)
}

#[test]
fn no_atom_costs_more_the_longer_the_text_is() {
    for atom in ATOMS {
        let short = full_of(atom, 20_000);
        let long = full_of(atom, 200_000);
        let each = (work(&short) / short.len(), work(&long) / long.len());
        assert!(
            each.1 <= each.0 + 1 && each.1 <= MOST,
            "{atom:?}: {each:?} for each byte"
        );
    }
}

proptest! {
    #![proptest_config(crate::config(200))]

    #[test]
    fn no_mixture_does_either(
        atoms in prop::collection::vec(prop::sample::select(ATOMS.to_vec()), 1..6),
        start in prop::collection::vec(prop::sample::select(ATOMS.to_vec()), 0..6),
    ) {
        let start = start.concat();
        let short = start.clone() + &full_of(&atoms.concat(), 10_000);
        let long = start + &full_of(&atoms.concat(), 80_000);
        let each = (work(&short) / short.len(), work(&long) / long.len());
        prop_assert!(each.1 <= each.0 + 2 && each.1 <= MOST, "{:?} for each byte", each);
    }

    #[test]
    fn no_case_of_the_corpus_does_over_and_over(index in any::<prop::sample::Index>()) {
        let cases = corpus::cases();
        let case = index.get(cases);
        let short = full_of(&case.text, 10_000);
        let each = work(&short) / short.len();
        prop_assert!(each <= MOST, "{}: {}", case.by, each);
    }
}
