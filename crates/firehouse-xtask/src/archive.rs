//! Archives from registries: their hashes, and the one file that is wanted of them.

use std::{
    fs::File,
    io::{self, BufReader, Read, Write},
    path::Path,
};

use anyhow::{Context, Result, bail, ensure};
use sha2::{Digest, Sha256, Sha512};

/// Nothing that is wanted is anywhere near this size (the engine library has 0.5 GB).
const ENTRY_BYTES_MAX: u64 = 4 << 30;

/// SHA-512 of a file, as npm writes it.
pub fn integrity(path: &Path) -> Result<String> {
    let digest = hash(path, Sha512::new())?;
    Ok(format!("sha512-{}", data_encoding::BASE64.encode(&digest)))
}

/// SHA-256 of a file, in hexadecimal digits.
pub fn sha256(path: &Path) -> Result<String> {
    Ok(data_encoding::HEXLOWER.encode(&hash(path, Sha256::new())?))
}

fn hash<D: Digest>(path: &Path, mut digest: D) -> Result<Vec<u8>> {
    let mut file = File::open(path).with_context(|| format!("open {}", path.display()))?;
    let mut buffer = vec![0; 1 << 20];
    loop {
        let count = file.read(&mut buffer).with_context(|| format!("read {}", path.display()))?;
        if count == 0 {
            return Ok(digest.finalize().to_vec());
        }
        digest.update(buffer.get(..count).unwrap_or_default());
    }
}

/// Writes the one file `entry` of a packed archive to `to`, and returns its SHA-256.
pub fn unpack(packed: &Path, entry: &str, to: &Path) -> Result<String> {
    let file = File::open(packed).with_context(|| format!("open {}", packed.display()))?;
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(BufReader::new(file)));
    let broken = || format!("unpack {}", packed.display());
    for candidate in archive.entries().with_context(broken)? {
        let candidate = candidate.with_context(broken)?;
        let name = candidate.path().with_context(broken)?;
        if name.strip_prefix("./").unwrap_or(&name) != Path::new(entry) {
            continue;
        }
        ensure!(candidate.header().entry_type().is_file(), "{entry} is no file");
        let mut out = Hashing { file: File::create(to)?, digest: Sha256::new() };
        let bytes =
            io::copy(&mut candidate.take(ENTRY_BYTES_MAX), &mut out).with_context(broken)?;
        ensure!(bytes < ENTRY_BYTES_MAX, "{entry} is too long");
        // Renamed only once it is on the disk: a power cut must not leave an empty file.
        out.file.sync_all().with_context(broken)?;
        return Ok(data_encoding::HEXLOWER.encode(&out.digest.finalize()));
    }
    bail!("{} holds no {entry}", packed.display())
}

struct Hashing {
    file: File,
    digest: Sha256,
}

impl Write for Hashing {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let count = self.file.write(data)?;
        self.digest.update(data.get(..count).unwrap_or_default());
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// The file is a shared object, by its first bytes: ELF, or Mach-O of 64 bits.
pub fn check_object(path: &Path) -> Result<()> {
    let mut file = File::open(path).with_context(|| format!("open {}", path.display()))?;
    let mut start = [0; 4];
    file.read_exact(&mut start).with_context(|| format!("read {}", path.display()))?;
    let known = [*b"\x7fELF", [0xcf, 0xfa, 0xed, 0xfe]].contains(&start);
    ensure!(known, "{} is no shared object", path.display());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(entries: &[(&str, &[u8])]) -> (std::path::PathBuf, std::path::PathBuf) {
        let at = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        let folder = std::env::temp_dir().join(format!("firehouse-archive-{}", at.as_nanos()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("packed.tgz");
        let gzip = flate2::write::GzEncoder::new(
            File::create(&path).unwrap(),
            flate2::Compression::fast(),
        );
        let mut archive = tar::Builder::new(gzip);
        for (name, data) in entries {
            let mut header = tar::Header::new_gnu();
            header.set_size(data.len() as u64);
            archive.append_data(&mut header, name, *data).unwrap();
        }
        archive.into_inner().unwrap().finish().unwrap();
        (folder, path)
    }

    #[test]
    fn only_the_library_is_unpacked_and_its_hash_is_told() {
        let (folder, path) = packed(&[("package/index.js", b"js"), ("package/libchdb.so", b"abc")]);
        let to = folder.join("libchdb.so");
        let digest = unpack(&path, "package/libchdb.so", &to).unwrap();
        assert_eq!(digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!((std::fs::read(&to).unwrap(), sha256(&to).unwrap()), (b"abc".to_vec(), digest));
        assert!(check_object(&to).is_err());
        assert!(unpack(&path, "libchdb.so", &to).is_err());
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_cut_archive_is_an_error() {
        let noise: Vec<u8> =
            (0..200_000u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
        let (folder, path) = packed(&[("libchdb.so", &noise)]);
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, whole.get(..whole.len() / 2).unwrap()).unwrap();
        assert!(unpack(&path, "libchdb.so", &folder.join("out")).is_err());
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn integrity_reads_as_npm_writes_it() {
        let (folder, path) = packed(&[]);
        std::fs::write(&path, "abc").unwrap();
        let expected = "sha512-3a81oZNherrMQXNJriBBMRLm+k6JqX6iCp7u5ktV05ohkpkqJ0/BqDa6PCOj/uu9RU1EI2Q86A4qmslPpUyknw==";
        assert_eq!(integrity(&path).unwrap(), expected);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
