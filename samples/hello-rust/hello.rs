// Greets the `name` of the query string. CGI: header lines, an empty line, the body.

use std::env;

fn main() {
    let query = env::var("QUERY_STRING").unwrap_or_default();
    let name = value_of(&query, "name").unwrap_or_else(|| "world".to_string());
    print!("Content-Type: text/plain; charset=utf-8\n\n");
    println!("Hello {name}, from Rust.");
}

/// The decoded value of a name in a query string.
fn value_of(query: &str, wanted: &str) -> Option<String> {
    query.split('&').find_map(|pair| match pair.split_once('=') {
        Some((name, value)) if name == wanted => Some(decoded(value)),
        _ => None,
    })
}

/// Undoes `+` and `%41`; what is not an escape stays as it is.
fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escape = bytes.get(at + 1..at + 3).and_then(|hex| std::str::from_utf8(hex).ok());
        match (bytes[at], escape.and_then(|hex| u8::from_str_radix(hex, 16).ok())) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 2;
            }
            (b'+', _) => out.push(b' '),
            (byte, _) => out.push(byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}
