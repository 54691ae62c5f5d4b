//! A small reader of markup: checks that tags are balanced, and lists attributes and text.

/// What a page holds.
#[derive(Debug, Default)]
pub struct Markup {
    /// Attributes as (tag, name, value), values as written.
    pub attributes: Vec<(String, String, String)>,
    /// All text outside of tags and of `<style>`, a blank between elements.
    pub text: String,
    /// The style sheets.
    pub style: String,
}

impl Markup {
    /// Reads a page; panics where tags are not balanced or a tag is not well formed.
    pub fn read(page: &str) -> Markup {
        let mut markup = Markup::default();
        let mut open: Vec<&str> = Vec::new();
        let mut rest = page.strip_prefix("<!DOCTYPE html>").expect("a doctype");
        while let Some(start) = rest.find('<') {
            let target = if open.last() == Some(&"style") { &mut markup.style } else { &mut markup.text };
            target.push_str(&rest[..start]);
            target.push(' ');
            let end = start + rest[start..].find('>').expect("an end of the tag");
            let tag = &rest[start + 1..end];
            assert!(!tag.contains('<'), "a tag inside a tag: {tag}");
            rest = &rest[end + 1..];
            if let Some(name) = tag.strip_prefix('/') {
                assert_eq!(Some(name), open.pop(), "closed before {}", rest.get(..80).unwrap_or(rest));
                continue;
            }
            let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
            let attributes = attributes.strip_suffix('/').unwrap_or(attributes);
            markup.read_attributes(name, attributes);
            if !tag.ends_with('/') {
                open.push(name);
            }
        }
        assert_eq!(Vec::<&str>::new(), open);
        assert_eq!("", rest.trim());
        markup
    }

    /// The values of an attribute, of all tags.
    pub fn values(&self, name: &str) -> Vec<&str> {
        self.attributes.iter().filter(|(_, n, _)| n == name).map(|(_, _, value)| value.as_str()).collect()
    }

    fn read_attributes(&mut self, tag: &str, mut rest: &str) {
        while !rest.trim().is_empty() {
            let (name, after) = rest.trim_start().split_once("=\"").expect("a quoted value");
            assert!(name.bytes().all(|c| c.is_ascii_alphabetic() || c == b'-'), "{tag}: attribute {name}");
            let (value, after) = after.split_once('"').expect("a closing quote");
            self.attributes.push((tag.to_owned(), name.to_owned(), value.to_owned()));
            rest = after;
        }
    }
}
