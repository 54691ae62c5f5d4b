//! Writes HTML that is balanced and escaped by construction.
//!
//! Tags and markup are literals of this program (`&'static str`); every other text is escaped on its way in. There is
//! no way to write a text that is not one of the two.

/// Characters of a foreign name that are shown; the rest is cut off, so that no name can fill the page.
const NAME_CHARACTERS: usize = 96;

/// A page in the making.
#[derive(Debug, Default)]
pub(super) struct Html(String);

impl Html {
    /// Adds markup of ours.
    pub(super) fn raw(&mut self, markup: &'static str) -> &mut Html {
        self.0.push_str(markup);
        self
    }

    /// Adds text.
    pub(super) fn text(&mut self, text: &str) -> &mut Html {
        escape(text, &mut self.0);
        self
    }

    /// Adds a name from outside: cut to a bounded length, and isolated so that its direction of writing stays its own.
    pub(super) fn foreign(&mut self, name: &str) -> &mut Html {
        self.leaf("bdi", &[], &shortened(name))
    }

    /// Adds an element and what is inside it.
    pub(super) fn element(
        &mut self,
        tag: &'static str,
        attributes: &[(&'static str, &str)],
        inside: impl FnOnce(&mut Html),
    ) -> &mut Html {
        self.open(tag, attributes).raw(">");
        inside(self);
        self.raw("</").raw(tag).raw(">")
    }

    /// Adds an element that holds text only.
    pub(super) fn leaf(&mut self, tag: &'static str, attributes: &[(&'static str, &str)], text: &str) -> &mut Html {
        self.open(tag, attributes).raw(">").text(text).raw("</").raw(tag).raw(">")
    }

    /// Adds an element that holds nothing.
    pub(super) fn void(&mut self, tag: &'static str, attributes: &[(&'static str, &str)]) -> &mut Html {
        self.open(tag, attributes).raw("/>")
    }

    /// The bytes of the page.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0.into_bytes()
    }

    fn open(&mut self, tag: &'static str, attributes: &[(&'static str, &str)]) -> &mut Html {
        self.raw("<").raw(tag);
        for (name, value) in attributes.iter().filter(|(_, value)| !value.is_empty()) {
            self.raw(" ").raw(name).raw("=\"").text(value).raw("\"");
        }
        self
    }
}

/// A name from outside, cut to a bounded length, without the characters that turn the direction of writing around:
/// they would make one name look like another.
pub(super) fn shortened(name: &str) -> String {
    let mut characters = name.chars().map(|c| if turns_direction(c) { char::REPLACEMENT_CHARACTER } else { c });
    let mut short: String = characters.by_ref().take(NAME_CHARACTERS).collect();
    if characters.next().is_some() {
        short.push('…');
    }
    short
}

fn turns_direction(character: char) -> bool {
    matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The same for places where no element can isolate it, such as the `<title>` of a graphic.
pub(super) fn isolated(name: &str) -> String {
    let short = shortened(name);
    if short.is_ascii() { short } else { format!("\u{2068}{short}\u{2069}") }
}

fn escape(text: &str, out: &mut String) {
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // A parser replaces or drops them; so that they are seen, they are replaced here.
            c if c.is_control() => out.push(char::REPLACEMENT_CHARACTER),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_attributes_are_escaped() {
        let mut html = Html::default();
        html.element("p", &[("title", "\"'>")], |html| {
            html.text("<script>&\0");
        });
        assert_eq!("<p title=\"&quot;&#39;&gt;\">&lt;script&gt;&amp;\u{fffd}</p>", html.0);
    }

    #[test]
    fn long_names_are_cut_between_characters() {
        let cut = shortened(&"é".repeat(NAME_CHARACTERS + 1));
        assert_eq!(format!("{}…", "é".repeat(NAME_CHARACTERS)), cut);
        assert_eq!("é", shortened("é"));
    }

    #[test]
    fn a_name_cannot_be_made_to_read_backwards() {
        assert_eq!("\u{fffd}abc", shortened("\u{202e}abc"));
    }
}
