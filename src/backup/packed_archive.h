// An archive as one file: a tar, packed by zstd or gzip, with the manifest first. Any tar program
// reads it. Beside it is <FILE>.sha256, as sha256sum writes and checks it: what the file itself
// was, to its last byte.
//
//   FOLDER/<ID>.tar.zst            <ID>/manifest.json, <ID>/...
//   FOLDER/<ID>.tar.zst.sha256
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "backup/archive.h"
#include "base/result.h"

namespace sluice {

// Writes `target` of the manifest's files below `folder`; both files are on the disk then.
// Requires: `format` is "tar.zst" or "tar.gz".
Status pack_archive(const std::filesystem::path& folder, const ArchiveManifest& manifest,
                    const std::string& format, const std::filesystem::path& target);

// What <FILE>.sha256 has to hold for the file under this name.
Result<std::string> checksum_line(const std::filesystem::path& file, const std::string& name);

// Errors: kCorrupt.
Result<ArchiveManifest> read_packed_manifest(const std::filesystem::path& file);

// Reads every byte, and unpacks to `folder` where it is not "". Nothing is written outside of it.
Result<std::vector<BrokenFile>> check_packed(const std::filesystem::path& file,
                                             const ArchiveManifest& manifest,
                                             const std::filesystem::path& folder);

}  // namespace sluice
