//! Lists `schema/migrations/` at build time, so that a new file needs no second mention.

use std::path::Path;
use std::{env, fs};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../../schema/migrations");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut names = Vec::new();
    for entry in fs::read_dir(&folder)? {
        names.push(
            entry?
                .file_name()
                .into_string()
                .map_err(|name| format!("{} is not UTF-8", name.display()))?,
        );
    }
    names.sort();
    let mut source = String::from("&[\n");
    let mut last = 0;
    for file in &names {
        let (version, name) = file
            .strip_suffix(".sql")
            .and_then(|stem| stem.split_once('_'))
            .filter(|(version, _)| version.len() == 4)
            .ok_or_else(|| format!("{file}: a migration is named 0001_what_it_does.sql"))?;
        let version: usize = version.parse()?;
        // Numbers may be left out: those who write beside each other take theirs from blocks of ten.
        if version <= last {
            return Err(format!("{file}: migration {last} comes before it").into());
        }
        last = version;
        let path = folder.join(file);
        source += &format!(
            "    Migration {{ version: {version}, name: {name:?}, sql: include_str!({path:?}) }},\n"
        );
    }
    source += "]\n";
    fs::write(Path::new(&env::var("OUT_DIR")?).join("migrations.rs"), source)?;
    Ok(())
}
