//! What the documents link to is there: files, folders, pictures and headings. The README is read in one sitting.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// Lines of the README at most.
const MOST_LINES: usize = 150;

/// What a document links to, each with its line, and the anchors of its headings.
struct Document {
    links: Vec<(usize, String)>,
    anchors: HashSet<String>,
}

impl Document {
    fn read(text: &str) -> Self {
        let (mut links, mut anchors, mut heading) = (Vec::new(), HashSet::new(), None);
        for (event, range) in Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter() {
            let line = 1 + text[..range.start].matches('\n').count();
            match event {
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    links.push((line, dest_url.to_string()))
                }
                Event::Start(Tag::HtmlBlock) | Event::InlineHtml(_) => {
                    links.extend(addresses(&text[range]).map(|address| (line, address)));
                }
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::Text(part) | Event::Code(part) => {
                    if let Some(words) = &mut heading {
                        words.push_str(&part);
                    }
                }
                Event::End(TagEnd::Heading(_)) => {
                    let slug = slug(&heading.take().unwrap_or_default());
                    let repeats = (1..).map(|n| format!("{slug}-{n}"));
                    let own = std::iter::once(slug.clone()).chain(repeats).find(|name| !anchors.contains(name));
                    anchors.extend(own);
                }
                _ => {}
            }
        }
        Self { links, anchors }
    }
}

/// The anchor that GitHub makes of a heading.
fn slug(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.flat_map(char::to_lowercase).map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// `src` and `href` of HTML tags; a comment has none.
fn addresses(html: &str) -> impl Iterator<Item = String> {
    let html = if html.trim_start().starts_with("<!--") { "" } else { html };
    let of = |start: &'static str| html.split(start).skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned);
    ["src=\"", "href=\""].into_iter().flat_map(of)
}

/// `address` as seen from the document `from`, as a path from the repository's root; none where it leaves that.
fn resolve(from: &str, address: &str) -> Option<String> {
    if address.is_empty() {
        return Some(from.to_owned());
    }
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in address.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

/// Each wrong link of `documents`, texts by their path from the root, with file and line. `exists` knows the files and folders.
fn wrong_links(documents: &BTreeMap<String, String>, exists: impl Fn(&str) -> bool) -> Vec<String> {
    let read: BTreeMap<&str, Document> = documents.iter().map(|(path, text)| (path.as_str(), Document::read(text))).collect();
    let mut wrong = Vec::new();
    for (from, document) in &read {
        for (line, link) in &document.links {
            let (address, anchor) = link.split_once('#').unwrap_or((link, ""));
            // Of the web.
            if address.contains(':') {
                continue;
            }
            let target = (!address.starts_with('/')).then(|| resolve(from, address)).flatten();
            let reason = match target {
                None => "it leaves the repository",
                Some(path) if !exists(&path) => "there is no such file",
                Some(path) if !anchor.is_empty() && !read.get(path.as_str()).is_some_and(|to| to.anchors.contains(anchor)) => {
                    "there is no such heading"
                }
                Some(_) => continue,
            };
            wrong.push(format!("{from}:{line}: {link}: {reason}"));
        }
    }
    wrong
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

/// Git's documents, also those that are not committed yet; where there is no git, those that lie in the tree.
fn documents() -> BTreeMap<String, String> {
    let root = root();
    let listed =
        Command::new("git").args(["ls-files", "--cached", "--others", "--exclude-standard", "*.md"]).current_dir(&root).output();
    let listed = listed.ok().and_then(|output| String::from_utf8(output.stdout).ok()).unwrap_or_default();
    let mut paths: Vec<String> = listed.lines().map(str::to_owned).collect();
    if paths.is_empty() {
        walk(&root, "", &mut paths);
    }
    let text = |path: String| Some((path.clone(), std::fs::read_to_string(root.join(path)).ok()?));
    paths.into_iter().filter_map(text).collect()
}

fn walk(folder: &Path, below: &str, paths: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{below}{name}");
        if entry.file_type().unwrap().is_dir() {
            if !["target", "node_modules", ".git"].contains(&name.as_str()) {
                walk(&entry.path(), &format!("{path}/"), paths);
            }
        } else if name.ends_with(".md") {
            paths.push(path);
        }
    }
}

#[test]
fn every_link_of_the_documents_leads_somewhere() {
    let (root, documents) = (root(), documents());
    assert!(documents.contains_key("README.md"), "these were found: {:?}", documents.keys());
    let wrong = wrong_links(&documents, |path| root.join(path).exists());
    assert!(wrong.is_empty(), "{} links are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_readme_has_at_most_150_lines() {
    let lines = std::fs::read_to_string(root().join("README.md")).unwrap().lines().count();
    assert!(lines <= MOST_LINES, "README.md has {lines} lines: what is more belongs to benches/, web/ or docs/");
}

/// What is wrong with `text` as docs/a.md, beside docs/b.md with the heading "One: `two_three`" twice.
fn wrong(text: &str) -> Vec<String> {
    let other = "# One: `two_three`\n\nText\n\n## One: *two_three*\n";
    let documents = [("docs/a.md", text), ("docs/b.md", other)].map(|(path, text)| (path.to_owned(), text.to_owned()));
    wrong_links(&documents.into(), |path| ["docs", "docs/a.md", "docs/b.md", "picture.png"].contains(&path))
}

#[test]
fn links_to_what_is_there_are_right() {
    let text = "# Own\n\n[b](b.md) [folder](../docs/) ![picture](../picture.png) [own](#own) [web](https://example.com/none.md#none)\n\
                [first](b.md#one-two_three) [second](./b.md#one-two_three-1) <img src=\"../picture.png\">\n\n| [cell](b.md) |\n|---|\n";
    assert_eq!(wrong(text), [""; 0]);
}

#[test]
fn a_link_to_no_file_is_named_with_its_line() {
    let text = "# A\n\n[gone](gone.md) and [again][ref]\n\n<a href=\"gone.html\">\n</a>\n\n| ![cell](gone.png) |\n|---|\n\n[ref]: ../gone\n";
    let places = ["3: gone.md", "3: ../gone", "5: gone.html", "8: gone.png"];
    assert_eq!(wrong(text), places.map(|place| format!("docs/a.md:{place}: there is no such file")));
}

#[test]
fn a_link_to_no_heading_is_wrong() {
    let text = "# Own\n\n[a](#Own) [b](b.md#one) [c](b.md#one-two_three-2) [d](../picture.png#x)\n";
    let links = ["#Own", "b.md#one", "b.md#one-two_three-2", "../picture.png#x"];
    assert_eq!(wrong(text), links.map(|link| format!("docs/a.md:3: {link}: there is no such heading")));
}

#[test]
fn a_link_out_of_the_repository_is_wrong() {
    let links = ["../../shared", "/picture.png"];
    let text = links.map(|link| format!("[x]({link})")).join(" ");
    assert_eq!(wrong(&text), links.map(|link| format!("docs/a.md:1: {link}: it leaves the repository")));
}

#[test]
fn what_is_code_or_comment_is_no_link() {
    let text = "`[a](gone.md)`\n\n```md\n[b](gone.md)\n```\n\n    [c](gone.md)\n\n<!-- <a href=\"gone.md\"> -->\n";
    assert_eq!(wrong(text), [""; 0]);
}
