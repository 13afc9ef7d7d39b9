//! Texts on pages that are put together here.

use minijinja::HtmlEscape;

/// As text and in attributes. Slashes stay what they are, which do no harm in either: addresses are full of them.
pub(crate) fn escaped(text: &str) -> String {
    HtmlEscape(text).to_string().replace("&#x2f;", "/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_an_attribute_or_begins_an_element() {
        assert_eq!(
            escaped("/a?b=1&c=<i>\"'&#x2f;"),
            "/a?b=1&amp;c=&lt;i&gt;&quot;&#x27;&amp;#x2f;"
        );
    }
}
